// Reading a file that may be anything, and writing one that must not be there.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReadOptions, readWhole, UnreadableFile } from '../../src/files/read.ts';
import { writeNewFile } from '../../src/files/write-new.ts';
import { makeWorkspace } from '../support/workspace.ts';

function failureOf(path: string, options?: ReadOptions): UnreadableFile {
  try {
    readWhole(path, options);
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableFile);
    return error as UnreadableFile;
  }
  throw new Error('nothing was thrown');
}

describe('reading a file', () => {
  it.each([0, 1, 4096, 100_000])('gives all of its %d bytes', (size) => {
    const path = join(makeWorkspace({ file: 'x'.repeat(size) }), 'file');
    expect(readWhole(path).toString()).toBe('x'.repeat(size));
  });

  it('takes as many bytes as are allowed, and not one more', () => {
    const directory = makeWorkspace({ most: 'x'.repeat(1024), more: 'x'.repeat(1025) });
    expect(readWhole(join(directory, 'most'), { maxBytes: 1024 })).toHaveLength(1024);
    expect(failureOf(join(directory, 'more'), { maxBytes: 1024 })).toMatchObject({
      code: 'too_large',
      message: 'larger than 1 KiB',
    });
  });

  it('gives a file whose size the system does not know', () => {
    expect(statSync('/proc/self/status').size).toBe(0);
    expect(readWhole('/proc/self/status').toString()).toMatch(/^Name:/);
  });

  it('ends at the bound of a device that never ends', () => {
    expect(failureOf('/dev/zero', { maxBytes: 2 ** 20, mayWait: true }).message).toBe('larger than 1 MiB');
  });

  it('refuses a FIFO without waiting for its writer, a directory and a device', () => {
    const directory = makeWorkspace({ '.keep': '' });
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    mkdirSync(join(directory, 'directory'));
    for (const path of [join(directory, 'fifo'), join(directory, 'directory'), '/dev/null'])
      expect(failureOf(path)).toMatchObject({ code: 'not_regular', message: 'not a regular file' });
  });

  it('waits for the writer of a FIFO where that is asked for', () => {
    const directory = makeWorkspace({ '.keep': '' });
    const path = join(directory, 'fifo');
    execFileSync('mkfifo', [path]);
    const writer = spawn('sh', ['-c', `(printf "in two "; sleep 0.1; printf parts) > "${path}"`]);
    expect(readWhole(path, { mayWait: true }).toString()).toBe('in two parts');
    writer.unref();
  });

  it('names what the system says', () => {
    const directory = makeWorkspace({ file: '' });
    expect(failureOf(join(directory, 'none'))).toMatchObject({ code: 'ENOENT', message: 'ENOENT' });
    expect(failureOf(join(directory, 'file/none')).code).toBe('ENOTDIR');
  });

  it('follows a link, but not where the real path was asked for', () => {
    const directory = makeWorkspace({ file: 'text' });
    symlinkSync('file', join(directory, 'link'));
    expect(readWhole(join(directory, 'link')).toString()).toBe('text');
    expect(failureOf(join(directory, 'link'), { isRealPath: true }).code).toBe('ELOOP');
  });
});

describe('writing a new file', () => {
  it('makes it with its mode', async () => {
    const path = join(makeWorkspace({ '.keep': '' }), 'secret');
    await writeNewFile(path, 'text', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('text');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('overwrites nothing, and writes through no link', async () => {
    const directory = makeWorkspace({ file: 'precious' });
    symlinkSync('nowhere', join(directory, 'link'));
    for (const name of ['file', 'link'])
      await expect(writeNewFile(join(directory, name), 'text', 0o600)).rejects.toMatchObject({
        code: 'EEXIST',
      });
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('precious');
    expect(readdirSync(directory).sort()).toEqual(['file', 'link']);
  });

  it('leaves nothing behind when the content cannot be written', async () => {
    const directory = makeWorkspace({ '.keep': '' });
    const noContent = {} as string;
    await expect(writeNewFile(join(directory, 'secret'), noContent, 0o600)).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['.keep']);
  });
});
