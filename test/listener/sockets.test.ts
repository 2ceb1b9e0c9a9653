// What stands where a socket should be: removed where a killed process has left it, and never anything else.
import { lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOn } from '../../src/listener/sockets.ts';
import { becomeNobody } from '../support/tools.ts';
import { makeWorkspace } from '../support/workspace.ts';

const listen = async (path: string, access: { mode?: number; groupId?: number } = {}) => {
  const server = http.createServer();
  onTestFinished(() => void server.close());
  await listenOn(server, { kind: 'unix', path, ...access }, 'guard.listen or give --listen');
};

describe('a path that is not a socket', () => {
  it('is left as it is where it is a file', async () => {
    const path = join(makeWorkspace({ 'notes.txt': 'a year of work' }), 'notes.txt');
    await expect(listen(path)).rejects.toThrow(
      `cannot listen on unix:${path}: ${path} is there and is not a socket. Change guard.listen or give --listen.`,
    );
    expect(readFileSync(path, 'utf8')).toBe('a year of work');
  });

  it('is left as it is where it is a directory or a link', async () => {
    const directory = makeWorkspace({ 'notes.txt': 'a year of work' });
    mkdirSync(join(directory, 'folder'));
    symlinkSync('notes.txt', join(directory, 'link'));
    symlinkSync('nothing', join(directory, 'dangling'));
    for (const name of ['folder', 'link', 'dangling']) {
      await expect(listen(join(directory, name))).rejects.toThrow(/ is there and is not a socket\. Change /);
      expect(lstatSync(join(directory, name)).isSocket()).toBe(false);
    }
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('a year of work');
  });

  it('and lies below a file is refused with a sentence', async () => {
    const directory = makeWorkspace({ 'notes.txt': '' });
    await expect(listen(join(directory, 'notes.txt', 'guard.sock'))).rejects.toThrow(
      /^cannot listen on unix:\S+: .*\. Change guard\.listen or give --listen\.$/,
    );
  });
});

describe('the length of a socket path', () => {
  const pathOf = (bytes: number) => {
    const directory = makeWorkspace();
    return join(directory, 's'.repeat(bytes - Buffer.byteLength(directory) - 1));
  };

  it('may be 107 bytes', async () => {
    const path = pathOf(107);
    await listen(path);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(path, () => resolve(void socket.destroy()));
      socket.on('error', reject);
    });
  });

  it('of more is refused with the number, and nothing is opened under a shorter name', async () => {
    const path = pathOf(108);
    await expect(listen(path)).rejects.toThrow(
      `cannot listen on unix:${path}: its path has 108 bytes, and a socket's at most 107. Change guard.listen`,
    );
    expect(lstatSync(path.slice(0, 107), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is counted in bytes', async () => {
    const path = `${pathOf(100).slice(0, -4)}ääääääää`;
    await expect(listen(path)).rejects.toThrow(/its path has 112 bytes/);
  });
});

describe('who may connect to a socket file', () => {
  it('is said by its mode and group, past the umask', async () => {
    const path = join(makeWorkspace(), 'guard.sock');
    const groupId = process.getgid?.() as number;
    await listen(path, { mode: 0o660, groupId });
    const { mode, gid } = lstatSync(path);
    expect([mode & 0o777, gid]).toEqual([0o660, groupId]);
  });

  it.runIf(process.getuid?.() === 0)(
    'may be the group of another user, for one who may give files away',
    async () => {
      const path = join(makeWorkspace(), 'guard.sock');
      await listen(path, { mode: 0o660, groupId: 65_534 });
      expect(lstatSync(path).gid).toBe(65_534);
    },
  );

  it('cannot be a group that this user is not of: nothing is left open', async () => {
    const directory = makeWorkspace();
    becomeNobody(directory);
    const path = join(directory, 'guard.sock');
    await expect(listen(path, { groupId: 1 })).rejects.toThrow(
      /its mode and group cannot be set \(EPERM\): this user must be of the group\. Change guard\.listen/,
    );
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });
});
