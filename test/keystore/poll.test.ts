import { appendFileSync, mkdirSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DEADLINE_MS } from '../support/wait-for.ts';
import { filed, makeDirectory, openStore, pem, thumbprint, waitForKey, waitForRefusal } from './material.ts';

// Network file systems and an exhausted inotify limit: nobody hints at anything.
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => {
    throw Object.assign(new Error('no watch to be had'), { code: 'ENOSPC' });
  },
}));

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, readdir: vi.fn(actual.readdir) };
});

describe('without any watch, within one second the store follows', () => {
  it('a write in place', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    for (const index of [1, 2, 0]) {
      writeFileSync(join(directory, 'ops.pub'), pem(index));
      await waitForKey(store, 'ops.pub', index);
    }
  });

  it('a new file, a rename over it, and a deletion', async () => {
    const directory = makeDirectory();
    const { store } = await openStore(directory);
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
    writeFileSync(join(directory, '.next'), pem(1));
    renameSync(join(directory, '.next'), join(directory, 'ops.pub'));
    await waitForKey(store, 'ops.pub', 1);
    unlinkSync(join(directory, 'ops.pub'));
    await waitForRefusal(store, 'ops.pub');
  });

  it('a file cut short in place, and completed again', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    truncateSync(join(directory, 'ops.pub'), 100);
    await waitForRefusal(store, 'ops.pub');
    appendFileSync(join(directory, 'ops.pub'), pem(0).slice(100));
    await waitForKey(store, 'ops.pub', 0);
  });

  it('a directory replaced by another', async () => {
    const parent = makeDirectory();
    const directory = join(parent, 'keys');
    for (const [name, index] of [
      ['keys', 0],
      ['next', 1],
    ] as const) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'ops.pub'), pem(index));
    }
    const { store } = await openStore(directory);
    renameSync(directory, join(parent, 'old'));
    renameSync(join(parent, 'next'), directory);
    await waitForKey(store, 'ops.pub', 1);
  });
});

describe('without free file descriptors', () => {
  afterEach(() => vi.mocked(readdir).mockClear());

  it('keeps the keys it has, and still sees a withdrawal', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0), 'dev.pub': pem(1) });
    const { store } = await openStore(directory);
    vi.mocked(readdir).mockRejectedValueOnce(Object.assign(new Error(), { code: 'EMFILE' }));
    vi.mocked(readdir).mockRejectedValueOnce(Object.assign(new Error(), { code: 'EMFILE' }));
    vi.mocked(readdir).mockClear();
    unlinkSync(join(directory, 'dev.pub'));
    await waitForRefusal(store, 'dev.pub');
    await vi.waitFor(() => expect(vi.mocked(readdir).mock.calls.length).toBeGreaterThan(3), DEADLINE_MS);
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    expect(store.lookup('dev.pub')).toBeUndefined();
  });
});
