// Starts the built product with the given node binary in an empty folder, makes one guarded call with a token
// it mints the same way, and ends it with SIGTERM. Usage: node .ci/start-once.mjs NODE
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const node = resolve(process.argv[2]);
const main = resolve(import.meta.dirname, '../dist/main.js');
// Those of `npm start`: a Node that does not know one of them would not start at all.
const { scripts } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
const flags = scripts.start.split(' ').filter((word) => word.startsWith('--'));
const listeners = ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'];
const folder = mkdtempSync(join(tmpdir(), 'broker-guard-start-'));
const deadline = setTimeout(() => fail('it took longer than 30 s'), 30_000);

const guard = spawn(node, [...flags, main, 'serve', ...listeners], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
});
let said = '';
guard.stderr.on('data', (chunk) => {
  said += chunk;
  const url = /curl .* (http:\/\/\S+)/.exec(said)?.[1];
  if (url !== undefined && !guard.killed) callAndStop(url).catch((error) => fail(String(error)));
});
guard.on('exit', (code) => {
  if (code !== 0) fail(`it ended with exit code ${code}`);
});

async function callAndStop(url) {
  guard.stderr.removeAllListeners('data');
  const token = execFileSync(node, [main, 'token', 'operator.key'], { cwd: folder, encoding: 'utf8' }).trim();
  const refused = await fetch(url);
  const allowed = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (refused.status !== 401 || allowed.status !== 200)
    fail(`it answered ${refused.status} and ${allowed.status}`);
  const exited = once(guard, 'exit');
  guard.kill('SIGTERM');
  await exited;
  clearTimeout(deadline);
  rmSync(folder, { recursive: true, force: true });
  console.log('a guarded call passed, an unguarded one was refused, SIGTERM ended it with exit code 0');
}

function fail(why) {
  console.error(`FAILED: ${why}\n${said}`);
  guard.kill('SIGKILL');
  process.exit(1);
}
