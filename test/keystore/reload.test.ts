import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  filed,
  makeDirectory,
  openStore,
  pem,
  thumbprint,
  waitFor,
  waitForKey,
  waitForLine,
  waitForRefusal,
} from './material.ts';

describe('within one second the store follows', () => {
  it('a new file, a write in place and a deletion', async () => {
    const directory = makeDirectory();
    const { store } = await openStore(directory);
    expect(store.lookup('ops.pub')).toBeUndefined();
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
    writeFileSync(join(directory, 'ops.pub'), pem(1));
    await waitForKey(store, 'ops.pub', 1);
    unlinkSync(join(directory, 'ops.pub'));
    await waitFor(
      () => store.lookup('ops.pub'),
      (keys) => keys === undefined,
    );
  });

  it('atomic renames over the file, again and again', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    for (const index of [1, 2, 0, 1]) {
      writeFileSync(join(directory, '.ops.tmp'), pem(index));
      renameSync(join(directory, '.ops.tmp'), join(directory, 'ops.pub'));
      await waitForKey(store, 'ops.pub', index);
    }
  });

  it('a rename from another directory', async () => {
    const [directory, outside] = [makeDirectory({ 'ops.pub': pem(0) }), makeDirectory({ 'new.pub': pem(1) })];
    const { store } = await openStore(directory);
    renameSync(join(outside, 'new.pub'), join(directory, 'ops.pub'));
    await waitForKey(store, 'ops.pub', 1);
  });

  it('an editor that moves the old file to a backup and writes a new one', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    renameSync(join(directory, 'ops.pub'), join(directory, 'ops.pub~'));
    writeFileSync(join(directory, 'ops.pub'), pem(1));
    await waitForKey(store, 'ops.pub', 1);
    expect(store.lookup('ops.pub~')).toBeUndefined();
    expect(store.snapshot().ignored).toContain('ops.pub~');
  });

  it('an editor that copies a backup and truncates the file before it writes', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    const path = join(directory, 'ops.pub');
    writeFileSync(join(directory, '4913'), '');
    unlinkSync(join(directory, '4913'));
    copyFileSync(path, `${path}.bak`);
    const descriptor = openSync(path, 'r+');
    ftruncateSync(descriptor);
    writeSync(descriptor, pem(1));
    closeSync(descriptor);
    await waitForKey(store, 'ops.pub', 1);
  });

  it('a rename away, which is a withdrawal', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    renameSync(join(directory, 'ops.pub'), join(directory, 'ops.pub.bak'));
    await waitForRefusal(store, 'ops.pub');
    expect(store.lookup('ops.pub.bak')).toBeUndefined();
  });

  it('a rename to another issuer', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    renameSync(join(directory, 'ops.pub'), join(directory, 'dev.pub'));
    await waitForKey(store, 'dev.pub', 0);
    await waitForRefusal(store, 'ops.pub');
  });

  it('a file of the same size and modification time', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const path = join(directory, 'ops.pub');
    utimesSync(path, 1_900_000_000, 1_900_000_000);
    const { store } = await openStore(directory);
    const { size, mtimeMs } = statSync(path);
    writeFileSync(path, pem(1));
    utimesSync(path, 1_900_000_000, 1_900_000_000);
    expect(statSync(path)).toMatchObject({ size, mtimeMs });
    await waitForKey(store, 'ops.pub', 1);
  });

  it('many writes of the same size in one tick of the clock, down to the last', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    for (let round = 0; round < 10; round += 1) {
      for (const index of [0, 1, 0, 1, 2]) writeFileSync(join(directory, 'ops.pub'), pem(index));
      await waitForKey(store, 'ops.pub', 2);
      for (const index of [0, 1, 2, 1]) writeFileSync(join(directory, 'ops.pub'), pem(index));
      await waitForKey(store, 'ops.pub', 1);
    }
  });

  it('a link that is pointed elsewhere inside the directory', async () => {
    const directory = makeDirectory({ '.a': pem(0), '.b': pem(1) });
    symlinkSync('.a', join(directory, 'ops.pub'));
    const { store } = await openStore(directory);
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    for (const [target, index] of [
      ['.b', 1],
      ['.a', 0],
    ] as const) {
      symlinkSync(target, join(directory, '.link'));
      renameSync(join(directory, '.link'), join(directory, 'ops.pub'));
      await waitForKey(store, 'ops.pub', index);
    }
  });

  it('a write through the target of a link, where no watch looks', async () => {
    const directory = makeDirectory();
    mkdirSync(join(directory, '.store'));
    writeFileSync(join(directory, '.store', 'key'), pem(0));
    symlinkSync('.store/key', join(directory, 'ops.pub'));
    const { store } = await openStore(directory);
    for (const index of [1, 2, 0]) {
      writeFileSync(join(directory, '.store', 'key'), pem(index));
      await waitForKey(store, 'ops.pub', index);
    }
    unlinkSync(join(directory, '.store', 'key'));
    await waitForRefusal(store, 'ops.pub');
  });

  it('the ..data swap of Kubernetes, again and again', async () => {
    const directory = makeDirectory();
    const publish = (generation: number, index: number) => {
      const folder = `..2030_${generation}`;
      mkdirSync(join(directory, folder));
      writeFileSync(join(directory, folder, 'ops.pub'), pem(index));
      symlinkSync(folder, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
      rmSync(join(directory, `..2030_${generation - 1}`), { recursive: true, force: true });
    };
    publish(1, 0);
    symlinkSync('..data/ops.pub', join(directory, 'ops.pub'));
    const { store } = await openStore(directory);
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    for (const [generation, index] of [
      [2, 1],
      [3, 2],
      [4, 0],
      [5, 1],
    ] as const) {
      publish(generation, index);
      await waitForKey(store, 'ops.pub', index);
    }
  });

  it('a link that Kubernetes shows before its file', async () => {
    const directory = makeDirectory();
    const { store } = await openStore(directory);
    symlinkSync('..data/ops.pub', join(directory, 'ops.pub'));
    await waitFor(
      () => store.lookup('ops.pub'),
      (keys) => keys?.usable === false,
    );
    mkdirSync(join(directory, '..data'));
    writeFileSync(join(directory, '..data', 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
  });

  it('a directory that is replaced by another, and writes in the new one', async () => {
    const parent = makeDirectory();
    const directory = join(parent, 'keys');
    mkdirSync(directory);
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    const { store } = await openStore(directory);
    for (const round of [1, 2]) {
      mkdirSync(join(parent, 'next'));
      writeFileSync(join(parent, 'next', 'ops.pub'), pem(1));
      renameSync(directory, join(parent, `old${round}`));
      renameSync(join(parent, 'next'), directory);
      await waitForKey(store, 'ops.pub', 1);
      writeFileSync(join(directory, 'ops.pub'), pem(2));
      await waitForKey(store, 'ops.pub', 2);
    }
  });

  it('a directory that is itself a link and is pointed elsewhere', async () => {
    const parent = makeDirectory();
    for (const [name, index] of [
      ['blue', 0],
      ['green', 1],
    ] as const) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'ops.pub'), pem(index));
    }
    symlinkSync('blue', join(parent, 'keys'));
    const { store } = await openStore(join(parent, 'keys'));
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    symlinkSync('green', join(parent, 'keys.new'));
    renameSync(join(parent, 'keys.new'), join(parent, 'keys'));
    await waitForKey(store, 'ops.pub', 1);
    writeFileSync(join(parent, 'green', 'ops.pub'), pem(2));
    await waitForKey(store, 'ops.pub', 2);
  });

  it('a directory that is deleted and made again, and writes in it', async () => {
    const directory = join(makeDirectory(), 'keys');
    mkdirSync(directory);
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    const { store } = await openStore(directory);
    for (const _ of [1, 2]) {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      writeFileSync(join(directory, 'ops.pub'), pem(1));
      await waitForKey(store, 'ops.pub', 1);
      writeFileSync(join(directory, 'ops.pub'), pem(2));
      await waitForKey(store, 'ops.pub', 2);
    }
  });

  it('a good file that turns bad, and good again', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store, lines } = await openStore(directory);
    writeFileSync(join(directory, 'ops.pub'), 'gone wrong');
    await waitForRefusal(store, 'ops.pub');
    await waitForLine(lines, /^warning: ops\.pub is not used: .*no public key/);
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
  });

  it('a configured file elsewhere, which comes, changes and goes', async () => {
    const [directory, elsewhere] = [makeDirectory(), makeDirectory()];
    const path = join(elsewhere, 'broker.crt');
    const { store } = await openStore(directory, { extraFiles: [path] });
    expect(filed(store, 'broker.crt')).toMatch(/does not exist/);
    writeFileSync(path, pem(0));
    await waitForKey(store, 'broker.crt', 0);
    writeFileSync(path, pem(1));
    await waitForKey(store, 'broker.crt', 1);
    unlinkSync(path);
    await waitForRefusal(store, 'broker.crt');
  });
});
