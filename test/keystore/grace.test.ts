import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
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
  waitForLine,
  waitForRefusal,
} from './material.ts';

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
    renameSync(join(directory, 'ops.pub'), join(directory, '.away'));
    // A second name shows that a scan has seen the gap.
    writeFileSync(join(directory, 'dev.pub'), pem(1));
    await waitForKey(store, 'dev.pub', 1);
    expect(store.lookup('ops.pub')).toBe(before);
    const { version } = store.snapshot();
    renameSync(join(directory, '.away'), join(directory, 'ops.pub'));
    await delay(700);
    expect(store.lookup('ops.pub')).toBe(before);
    expect(store.snapshot().version).toBe(version);
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
    expect(lines.slice(1)).toEqual([`new.pub: key added, RSA 2048, thumbprint ${await thumbprint(2)}`]);
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
