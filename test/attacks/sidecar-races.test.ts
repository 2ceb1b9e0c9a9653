// The attack: a key with the rights of another's sidecar, in the moment in which both files change. Every state that the key
// store gives out is looked at: none has a key with rules that it has neither before nor after.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeSidecarReader } from '../../src/config/sidecar.ts';
import type { KeyStore } from '../../src/keystore/store.ts';
import { makeDirectory, openStore, pem, thumbprint } from '../keystore/material.ts';
import { makePolicy } from '../support/policy.ts';
import { waitFor } from '../support/wait-for.ts';

const ADMIN = 'roles = [admin]\n';
const VIEWER = 'roles = [viewer]\n';
const KEYS = await Promise.all([0, 1].map(thumbprint));

/** `key 0 viewer`, `key 1 anything` where it has no rules, `none`. */
function describeIssuer(store: KeyStore): string {
  const issuer = store.lookup('ops.pub');
  if (!issuer?.usable) return 'none';
  const keys = issuer.keys.map((key) => KEYS.indexOf(key.thumbprint)).join(' and ');
  return `key ${keys} ${issuer.rules?.roles?.join(' ') ?? 'anything'}`;
}

/** Every state of the issuer from now on, each once in a row. */
async function follow(files: Record<string, string>) {
  const directory = makeDirectory(files);
  const { store } = await openStore(directory, { readSidecar: makeSidecarReader(makePolicy().vocabulary) });
  const seen = [describeIssuer(store)];
  store.follow(() => {
    const now = describeIssuer(store);
    if (now !== seen.at(-1)) seen.push(now);
  });
  const settle = (last: string) =>
    waitFor(
      () => seen.at(-1),
      (state) => state === last,
    );
  return { directory, seen, settle };
}

/** Two links into a folder that a swap replaces, as Kubernetes has it. */
async function followVolume(key: string, rules: string | undefined) {
  const followed = await follow({});
  const { directory } = followed;
  let generation = 0;
  const swap = (newKey: string, newRules: string | undefined) => {
    const folder = `..2030_${++generation}`;
    mkdirSync(join(directory, folder));
    writeFileSync(join(directory, folder, 'ops.pub'), newKey);
    if (newRules !== undefined) writeFileSync(join(directory, folder, 'ops.policy.conf'), newRules);
    symlinkSync(folder, join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  swap(key, rules);
  for (const name of ['ops.pub', 'ops.policy.conf']) symlinkSync(`..data/${name}`, join(directory, name));
  return { ...followed, swap };
}

describe('a key that comes with its sidecar', () => {
  it.each([0, 5, 15, 25, 60])('%i ms before it never has more than the sidecar gives', async (ms) => {
    const { directory, seen, settle } = await follow({});
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    if (ms > 0) await delay(ms);
    writeFileSync(join(directory, 'ops.policy.conf'), VIEWER);
    await settle('key 0 viewer');
    expect(seen).toEqual(['none', 'key 0 viewer']);
  });

  it('by a swap never has more', async () => {
    const { seen, settle } = await followVolume(pem(0), VIEWER);
    await settle('key 0 viewer');
    expect(seen).toEqual(['none', 'key 0 viewer']);
  });

  it('and alone works soon', async () => {
    const { directory, settle } = await follow({});
    const startMs = performance.now();
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    await settle('key 0 anything');
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});

describe('a key and a sidecar that are replaced together', () => {
  it.each([
    ['the new key has less', ADMIN, VIEWER, 'key 0 admin', 'key 1 viewer'],
    ['the new key has more', VIEWER, ADMIN, 'key 0 viewer', 'key 1 admin'],
  ])('where %s never mix', async (_, before, after, first, last) => {
    const { seen, swap, settle } = await followVolume(pem(0), before);
    await settle(first);
    swap(pem(1), after);
    await settle(last);
    expect(seen.filter((state) => ![first, 'none', last].includes(state))).toEqual([]);
  });

  it('by two writes never mix, whichever comes first', async () => {
    for (const names of [
      ['ops.pub', 'ops.policy.conf'],
      ['ops.policy.conf', 'ops.pub'],
    ]) {
      const { directory, seen, settle } = await follow({ 'ops.pub': pem(0), 'ops.policy.conf': ADMIN });
      const texts: Record<string, string> = { 'ops.pub': pem(1), 'ops.policy.conf': VIEWER };
      for (const name of names) writeFileSync(join(directory, name), texts[name] as string);
      await settle('key 1 viewer');
      expect(seen).not.toContain('key 1 admin');
    }
  });
});

describe('a key and a sidecar that go together', () => {
  it.each([[['ops.policy.conf', 'ops.pub']], [['ops.pub', 'ops.policy.conf']]])(
    'as %j never leave a key without rules',
    async (names) => {
      for (const pauseMs of [0, 10, 40]) {
        const { directory, seen, settle } = await follow({ 'ops.pub': pem(0), 'ops.policy.conf': VIEWER });
        for (const name of names) {
          rmSync(join(directory, name));
          if (pauseMs > 0) await delay(pauseMs);
        }
        await settle('none');
        expect(seen).not.toContain('key 0 anything');
      }
    },
  );
});

describe('an issuer in use', () => {
  it('goes on while its first sidecar is written, and has its rules then', async () => {
    const { directory, seen, settle } = await follow({ 'ops.pub': pem(0) });
    const path = join(directory, 'ops.policy.conf');
    writeFileSync(path, '');
    await delay(50);
    writeFileSync(path, VIEWER);
    await settle('key 0 viewer');
    expect(seen).toEqual(['key 0 anything', 'key 0 viewer']);
  });

  it('loses a key that is taken from it while its sidecar is being written', async () => {
    const { directory, seen, settle } = await follow({
      'ops.pub': pem(0) + pem(1),
      'ops.policy.conf': VIEWER,
    });
    writeFileSync(join(directory, 'ops.policy.conf'), ADMIN);
    writeFileSync(join(directory, 'ops.pub'), pem(1));
    await settle('key 1 admin');
    expect(seen.slice(0, 2)).toEqual(['key 0 and 1 viewer', 'key 1 viewer']);
  });
});
