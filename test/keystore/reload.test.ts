import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  filed,
  makeDirectory,
  openStore,
  pem,
  thumbprint,
  waitFor,
  waitForKey,
  waitForRefusal,
} from './material.ts';

/** Waits until a line was printed that matches. */
const waitForLine = (lines: readonly string[], pattern: RegExp): Promise<void> =>
  waitFor(
    () => lines.filter((line) => pattern.test(line)).length,
    (count) => count > 0,
    2000,
  );

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

describe('while a file is being written', () => {
  it('never trusts the half, and takes the whole when it is there', async () => {
    const directory = makeDirectory();
    const { store } = await openStore(directory);
    const path = join(directory, 'ops.pub');
    writeFileSync(path, pem(0).slice(0, 200));
    await waitFor(
      () => store.lookup('ops.pub')?.usable,
      (isUsable) => isUsable === false,
    );
    await delay(350);
    expect(store.lookup('ops.pub')?.usable).toBe(false);
    appendFileSync(path, pem(0).slice(200));
    await waitForKey(store, 'ops.pub', 0);
  });

  it('does not report a file that was only young', async () => {
    const directory = makeDirectory();
    const { store, lines } = await openStore(directory);
    writeFileSync(join(directory, 'ops.pub'), pem(0).slice(0, 200));
    await waitFor(
      () => store.lookup('ops.pub')?.usable,
      (isUsable) => isUsable === false,
    );
    appendFileSync(join(directory, 'ops.pub'), pem(0).slice(200));
    await waitForKey(store, 'ops.pub', 0);
    expect(lines.filter((line) => line.includes('is not used'))).toEqual([]);
  });

  it('keeps the old key through a file that is absent for a moment', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store, lines } = await openStore(directory);
    const before = store.lookup('ops.pub');
    const version = store.snapshot().version;
    renameSync(join(directory, 'ops.pub'), join(directory, '.away'));
    // A second name shows that a scan has seen the gap.
    writeFileSync(join(directory, 'dev.pub'), pem(1));
    await waitForKey(store, 'dev.pub', 1);
    expect(store.lookup('ops.pub')).toBe(before);
    renameSync(join(directory, '.away'), join(directory, 'ops.pub'));
    await delay(700);
    expect(store.lookup('ops.pub')).toBe(before);
    expect(store.snapshot().version).toBe(version + 1);
    expect(lines.filter((line) => line.includes('removed'))).toEqual([]);
  });

  it('refuses within a second a key whose file never becomes whole, however often it is touched', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    const touching = setInterval(() => appendFileSync(join(directory, 'ops.pub'), 'A'), 20);
    try {
      truncateSync(join(directory, 'ops.pub'), 100);
      await waitForRefusal(store, 'ops.pub');
    } finally {
      clearInterval(touching);
    }
  });

  it('gives a private key no moment of grace', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store, lines } = await openStore(directory);
    writeFileSync(join(directory, '.next'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    renameSync(join(directory, '.next'), join(directory, 'ops.pub'));
    await waitForRefusal(store, 'ops.pub');
    await waitForLine(lines, /ops\.pub is not used: A PRIVATE KEY lies in this file/);
  });
});

describe('when the keys directory goes away', () => {
  it('refuses all its keys, says so once, and takes it back when it is back', async () => {
    const directory = join(makeDirectory(), 'keys');
    mkdirSync(directory);
    for (const [name, index] of [
      ['ops.pub', 0],
      ['dev.pub', 1],
    ] as const) {
      writeFileSync(join(directory, name), pem(index));
    }
    const { store, lines } = await openStore(directory);
    renameSync(directory, `${directory}.away`);
    await waitFor(
      () => store.usableIssuers(),
      (count) => count === 0,
    );
    await delay(1200);
    expect(lines.slice(1)).toEqual([expect.stringMatching(/cannot be read any more \(ENOENT\)/)]);
    renameSync(`${directory}.away`, directory);
    await waitForKey(store, 'ops.pub', 0);
    expect(lines.at(-1)).toMatch(/2 usable issuers/);
  });

  it('keeps the configured files', async () => {
    const directory = join(makeDirectory(), 'keys');
    const extra = join(makeDirectory({ 'broker.pub': pem(1) }), 'broker.pub');
    mkdirSync(directory);
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    const { store } = await openStore(directory, { extraFiles: [extra] });
    rmSync(directory, { recursive: true });
    await waitForRefusal(store, 'ops.pub');
    expect(filed(store, 'broker.pub')).toBe(await thumbprint(1));
  });
});

describe('what stays the same', () => {
  it('keeps key objects of files that did not change, and of files written again with the same keys', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0), 'dev.pub': pem(1) });
    const { store, lines } = await openStore(directory);
    const [ops, dev] = [store.lookup('ops.pub'), store.lookup('dev.pub')];
    writeFileSync(join(directory, 'ops.pub'), `the same key\n${pem(0)}`);
    writeFileSync(join(directory, 'new.pub'), pem(2));
    await waitForKey(store, 'new.pub', 2);
    expect(store.lookup('ops.pub')).toBe(ops);
    expect(store.lookup('dev.pub')).toBe(dev);
    expect(lines.slice(1)).toEqual([`new.pub: key added, RSA 2048 bits, thumbprint ${await thumbprint(2)}`]);
  });

  it('keeps the object of the key that stays when a second one joins it', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    const before = store.lookup('ops.pub');
    appendFileSync(join(directory, 'ops.pub'), pem(1));
    await waitFor(
      () => store.lookup('ops.pub'),
      (keys) => keys?.usable === true && keys.keys.length === 2,
    );
    const after = store.lookup('ops.pub');
    expect(after?.usable && after.keys[0]).toBe(before?.usable && before.keys[0]);
  });

  it('leaves an earlier snapshot as it was', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    const before = store.snapshot();
    const keys = before.issuers.get('ops.pub');
    unlinkSync(join(directory, 'ops.pub'));
    await waitForRefusal(store, 'ops.pub');
    expect(before.issuers.get('ops.pub')).toBe(keys);
    expect(store.snapshot().version).toBe(before.version + 1);
  });

  it('answers from the last state after close, and follows nothing any more', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    store.close();
    unlinkSync(join(directory, 'ops.pub'));
    await delay(1000);
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
  });
});

describe('reports', () => {
  it('names each key that is added, replaced and removed, with its size and thumbprint', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store, lines } = await openStore(directory);
    writeFileSync(join(directory, 'dev.pub'), pem(1));
    await waitForKey(store, 'dev.pub', 1);
    writeFileSync(join(directory, 'dev.pub'), pem(2));
    await waitForKey(store, 'dev.pub', 2);
    unlinkSync(join(directory, 'dev.pub'));
    await waitForRefusal(store, 'dev.pub');
    const [one, two] = [await thumbprint(1), await thumbprint(2)];
    expect(lines).toEqual([
      `keys directory "${directory}": 1 usable issuers, 0 unusable, 0 other names ignored`,
      `dev.pub: key added, RSA 2048 bits, thumbprint ${one}`,
      `dev.pub: key replaced, now RSA 2048 bits, thumbprint ${two}, before RSA 2048 bits, thumbprint ${one}`,
      `dev.pub: key removed, RSA 2048 bits, thumbprint ${two}`,
    ]);
  });

  it('tells a bad file once, and again when it changed', async () => {
    const directory = makeDirectory({ 'bad.pub': 'nothing' });
    const { lines } = await openStore(directory);
    const told = () => lines.filter((line) => line.startsWith('warning: bad.pub is not used')).length;
    expect(told()).toBe(1);
    await delay(1300);
    expect(told()).toBe(1);
    writeFileSync(join(directory, 'bad.pub'), 'still nothing');
    await waitFor(told, (count) => count === 2, 2000);
  });

  it('warns when one key serves two issuers', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0), 'dev.pub': pem(0) });
    const { lines } = await openStore(directory);
    expect(lines).toContain(
      `warning: one key serves several issuers: dev.pub, ops.pub; thumbprint ${await thumbprint(0)}`,
    );
  });

  it('warns when the group or others can write the directory, at start and later', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    chmodSync(directory, 0o775);
    const { lines } = await openStore(directory);
    expect(lines.at(-1)).toMatch(/can be written by its group or by everyone \(mode 775\)/);
    chmodSync(directory, 0o755);
    const other = makeDirectory();
    const later = await openStore(other);
    chmodSync(other, 0o777);
    await waitForLine(later.lines, /mode 777/);
  });

  it('says how to make a key when the last one goes', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { lines } = await openStore(directory);
    unlinkSync(join(directory, 'ops.pub'));
    await waitForLine(lines, /every request is refused.*broker-guard keygen NAME/);
  });
});
