import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  makeDirectory,
  openStore,
  pem,
  thumbprint,
  waitFor,
  waitForKey,
  waitForLine,
  waitForRefusal,
} from './material.ts';

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
      `dev.pub: key added, RSA 2048, thumbprint ${one}`,
      `dev.pub: key replaced, now RSA 2048, thumbprint ${two}, before RSA 2048, thumbprint ${one}`,
      `dev.pub: key removed, RSA 2048, thumbprint ${two}`,
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
    expect(lines.at(-1)).toMatch(/can be written by its group or by everyone/);
    chmodSync(directory, 0o755);
    const other = makeDirectory();
    const later = await openStore(other);
    chmodSync(other, 0o777);
    await waitForLine(later.lines, /can be written by/);
  });

  it('says how to make a key when the last one goes', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { lines } = await openStore(directory);
    unlinkSync(join(directory, 'ops.pub'));
    await waitForLine(lines, /every request is refused.*broker-guard keygen NAME/);
  });
});
