import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { becomeNobody } from '../support/tools.ts';
import { filed, makeDirectory, openStore, pem, thumbprint, waitForKey } from './material.ts';

describe('bad files harm no other file', () => {
  async function reasonFor(
    name: string,
    make: (path: string, directory: string) => void,
  ): Promise<string | undefined> {
    const directory = makeDirectory({ 'good.pub': pem(0) });
    make(join(directory, name), directory);
    const { store, lines } = await openStore(directory);
    expect(filed(store, 'good.pub')).toBe(await thumbprint(0));
    expect(store.usableIssuers()).toBe(1);
    expect(lines.filter((line) => line.startsWith(`warning: ${name} is not used: `))).toHaveLength(1);
    return filed(store, name);
  }

  it.each<[string, (path: string, directory: string) => void, RegExp]>([
    ['empty', (path) => writeFileSync(path, ''), /empty/],
    ['of 64 KiB and a byte', (path) => writeFileSync(path, pem(0).padEnd(65_537)), /larger than 64 KiB/],
    ['of a sparse gigabyte', (path) => makeSparse(path, 2 ** 30), /larger than 64 KiB/],
    ['a directory', (path) => mkdirSync(path), /is a directory/],
    ['a FIFO', (path) => void execFileSync('mkfifo', [path]), /is a FIFO/],
    ['a dangling link', (path) => symlinkSync('nowhere', path), /leads nowhere \(ENOENT\)/],
    ['a link to itself', (path) => symlinkSync('x.pub', path), /leads nowhere \(ELOOP\)/],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path), /leaves the keys directory/],
    [
      'a link to a directory inside',
      (path) => symlinkSync('.', path),
      /leaves the keys directory|is a directory/,
    ],
    [
      'a link that leaves the directory',
      (path) => symlinkSync(join(makeDirectory({ 'x.pub': pem(1) }), 'x.pub'), path),
      /leaves the keys directory/,
    ],
    [
      'a link to a sibling whose name begins like the directory',
      (path, directory) => {
        const sibling = `${directory}-more`;
        mkdirSync(sibling);
        onTestFinished(() => void execFileSync('rm', ['-r', sibling]));
        writeFileSync(join(sibling, 'x.pub'), pem(1));
        symlinkSync(join(sibling, 'x.pub'), path);
      },
      /leaves the keys directory/,
    ],
    [
      'a link through a directory link that leaves',
      (path, directory) => {
        symlinkSync(makeDirectory({ key: pem(1) }), join(directory, '.out'));
        symlinkSync('.out/key', path);
      },
      /leaves the keys directory/,
    ],
  ])('refuses what is %s', async (_, make, reason) => {
    expect(await reasonFor('x.pub', make)).toMatch(reason);
  });

  it('refuses a socket', async () => {
    const directory = makeDirectory({ 'good.pub': pem(0) });
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(directory, 'x.pub'), done));
    onTestFinished(() => void server.close());
    const { store } = await openStore(directory);
    expect(filed(store, 'x.pub')).toMatch(/is a socket/);
    expect(store.usableIssuers()).toBe(1);
  });

  it('refuses a file it may not read, and takes it when it may', async () => {
    const directory = makeDirectory({ 'good.pub': pem(0), 'x.pub': pem(1) });
    const file = join(directory, 'x.pub');
    chmodSync(file, 0o000);
    becomeNobody(directory, file);
    const { store } = await openStore(directory);
    expect(filed(store, 'x.pub')).toMatch(/cannot be read \(EACCES\)/);
    expect(store.usableIssuers()).toBe(1);
    chmodSync(file, 0o644);
    await waitForKey(store, 'x.pub', 1);
  });

  it('takes a file of exactly 64 KiB', async () => {
    const { store } = await openStore(makeDirectory({ 'x.pub': pem(0).padEnd(65_536) }));
    expect(filed(store, 'x.pub')).toBe(await thumbprint(0));
  });

  it('follows links that stay inside', async () => {
    const directory = makeDirectory({ '.real': pem(0) });
    symlinkSync('.real', join(directory, 'a.pub'));
    symlinkSync(join(directory, 'a.pub'), join(directory, 'b.pub'));
    const { store } = await openStore(directory);
    expect(filed(store, 'b.pub')).toBe(await thumbprint(0));
  });
});

function makeSparse(path: string, bytes: number): void {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
}
