// Preloaded into a command: notes each sync to the disk, and kills the process the moment it would answer.
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { write, sync } = await open(process.execPath).then(async (handle) => {
  const prototype = Object.getPrototypeOf(handle);
  const own = { write: prototype.write, sync: prototype.sync };
  prototype.write = function (...args) {
    note('write');
    return own.write.apply(this, args);
  };
  prototype.sync = async function () {
    const isDirectory = (await this.stat()).isDirectory();
    await own.sync.call(this);
    note(isDirectory ? 'sync directory' : 'sync file');
  };
  await handle.close();
  return own;
});
if (!write || !sync) throw new Error('this Node has other file handles');

const { writeSync } = fs;
fs.writeSync = (fd, ...rest) => {
  if (fd !== 1) return writeSync(fd, ...rest);
  note('answer');
  process.kill(process.pid, 'SIGKILL');
  return 0;
};
syncBuiltinESMExports();

/** @param {string} what */
function note(what) {
  writeSync(2, `${what}\n`);
}
