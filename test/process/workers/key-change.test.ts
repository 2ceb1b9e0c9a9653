// Keys on their way to a worker: only what differs goes, it survives the channel, and what comes of it is what the
// key store itself would answer.
import { sign, verify } from 'node:crypto';
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import type { IssuerKeys } from '../../../src/keystore/snapshot.ts';
import type { KeyStore, KeyStoreOptions } from '../../../src/keystore/store.ts';
import { describeChange, FollowedKeys, type KeyChange } from '../../../src/process/workers/key-change.ts';
import { FILE_ALGORITHMS } from '../../../src/token/algorithms.ts';
import {
  filed,
  makeDirectory,
  openStore,
  pem,
  privateKey,
  thumbprint,
  waitFor,
  waitForKey,
} from '../../keystore/material.ts';
import { CURVE_KEYS, publicPem } from '../../support/curves.ts';

/** What comes out at the other end of the channel: `serialization: advanced` of node:child_process is this. */
const cross = (change: KeyChange): KeyChange => deserialize(serialize(change));

const namesOf = ({ filed: issuers }: KeyChange) => issuers.map(({ name }) => name);

/** A store, and a worker's keys that are told of everything it holds. */
async function follow(
  files: Record<string, string>,
  suffixOptional = false,
  options: Partial<KeyStoreOptions> = {},
) {
  const directory = makeDirectory(files);
  const { store } = await openStore(directory, { suffixOptional, ...options });
  const followed = new FollowedKeys();
  let told = store.snapshot();
  followed.apply(cross(describeChange(undefined, told)), suffixOptional);
  return {
    directory,
    store,
    followed,
    /** Tells the worker what has changed since the last time, and returns that. */
    tell() {
      const change = cross(describeChange(told, store.snapshot()));
      told = store.snapshot();
      followed.apply(change, suffixOptional);
      return change;
    },
  };
}

/** What an answer says, without the key objects: no two processes share one. */
function describeKeys(keys: IssuerKeys | undefined) {
  if (!keys?.usable) return keys && { name: keys.name, reason: keys.reason };
  return { name: keys.name, keys: keys.keys.map(({ bits, thumbprint: print }) => ({ bits, print })) };
}

function expectSame(followed: FollowedKeys, store: KeyStore, names: readonly string[]): void {
  for (const name of names)
    expect(describeKeys(followed.lookup(name)), name).toEqual(describeKeys(store.lookup(name)));
}

describe('the first change', () => {
  it('carries keys of every kind', async () => {
    const files = Object.fromEntries(CURVE_KEYS.map((key) => [`${key.type}.pub`, publicPem(key)]));
    const { store, followed } = await follow(files, false, { algorithms: FILE_ALGORITHMS });
    expectSame(followed, store, Object.keys(files));
    for (const { type, publicKey } of CURVE_KEYS) {
      const carried = followed.lookup(`${type}.pub`);
      expect(carried?.usable && carried.keys[0]?.key.equals(publicKey), type).toBe(true);
    }
  });

  it('files every issuer under its name, with the keys the store has', async () => {
    const { store, followed } = await follow({
      'ops.pub': pem(0),
      'dev.pem': pem(1) + pem(2),
      '__proto__.pub': pem(2),
    });
    expect(namesOf(describeChange(undefined, store.snapshot()))).toEqual([
      '__proto__.pub',
      'dev.pem',
      'ops.pub',
    ]);
    expectSame(followed, store, ['ops.pub', 'dev.pem', '__proto__.pub']);
    expect(describeKeys(followed.lookup('ops.pub'))).toEqual({
      name: 'ops.pub',
      keys: [{ bits: 2048, print: await thumbprint(0) }],
    });
  });

  it('leaves an issuer without a usable key unusable, for the same reason', async () => {
    const { store, followed } = await follow({ 'ops.pub': pem(0), 'bad.pub': 'no key at all' });
    expect(followed.lookup('bad.pub')).toEqual({
      name: 'bad.pub',
      usable: false,
      reason: expect.stringMatching(/\S/),
    });
    expectSame(followed, store, ['bad.pub', 'ops.pub']);
  });

  it('files nobody else', async () => {
    const { followed } = await follow({ 'ops.pub': pem(0) });
    for (const name of ['', 'ops', 'OPS.pub', '../ops.pub', '__proto__', 'constructor', 'toString'])
      expect(followed.lookup(name), name).toBeUndefined();
    expect(new FollowedKeys().lookup('ops.pub')).toBeUndefined();
  });

  it('brings keys that verify what the private half has signed, and nothing else', async () => {
    const { followed } = await follow({ 'ops.pub': pem(0) });
    const keys = followed.lookup('ops.pub');
    const key = keys?.usable ? keys.keys[0]?.key : undefined;
    expect(key).toMatchObject({ type: 'public', asymmetricKeyType: 'rsa' });
    const text = Buffer.from('signed');
    const isGood = (index: number) =>
      key && verify('sha256', text, key, sign('sha256', text, privateKey(index)));
    expect([isGood(0), isGood(1)]).toEqual([true, false]);
  });
});

describe('a later change', () => {
  it('files only who differs, and a new issuer', async () => {
    const { directory, store, followed, tell } = await follow({
      'ops.pub': pem(0),
      'dev.pub': pem(1),
      'qa.pub': pem(2),
    });
    writeFileSync(join(directory, 'dev.pub'), pem(2));
    writeFileSync(join(directory, 'new.pub'), pem(0));
    await waitForKey(store, 'dev.pub', 2);
    await waitForKey(store, 'new.pub', 0);
    const change = tell();
    expect([namesOf(change), change.removed]).toEqual([['dev.pub', 'new.pub'], []]);
    expectSame(followed, store, ['ops.pub', 'dev.pub', 'qa.pub', 'new.pub']);
  });

  it('removes who is gone', async () => {
    const { directory, store, followed, tell } = await follow({ 'ops.pub': pem(0), 'dev.pub': pem(1) });
    unlinkSync(join(directory, 'dev.pub'));
    await waitFor(
      () => store.snapshot().issuers.has('dev.pub'),
      (isThere) => !isThere,
    );
    expect(tell()).toEqual({ filed: [], removed: ['dev.pub'] });
    expect(followed.lookup('dev.pub')).toBeUndefined();
    expectSame(followed, store, ['ops.pub']);
  });

  it('makes a usable issuer unusable, and usable again', async () => {
    const { directory, store, followed, tell } = await follow({ 'ops.pub': pem(0) });
    for (const [text, isUsable] of [
      ['-----BEGIN PRIVATE KEY-----\n', false],
      [pem(1), true],
    ] as const) {
      writeFileSync(join(directory, 'ops.pub'), text);
      await waitFor(
        () => store.lookup('ops.pub')?.usable,
        (usable) => usable === isUsable,
      );
      expect(namesOf(tell())).toEqual(['ops.pub']);
      expect(followed.lookup('ops.pub')?.usable).toBe(isUsable);
      expectSame(followed, store, ['ops.pub']);
    }
  });

  it('is empty where only a name that is no key file has come', async () => {
    const { directory, store, tell } = await follow({ 'ops.pub': pem(0) });
    writeFileSync(join(directory, 'README.md'), '');
    await waitFor(
      () => store.snapshot().ignored,
      (ignored) => ignored.length === 1,
    );
    expect(tell()).toEqual({ filed: [], removed: [] });
  });

  it('works at once for whoever was handed the bare lookup before', async () => {
    const { directory, store, followed, tell } = await follow({});
    const { lookup } = followed;
    writeFileSync(join(directory, 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
    tell();
    expect(lookup('ops.pub')?.usable).toBe(true);
  });
});

describe('a key that stays', () => {
  const keysOf = (followed: FollowedKeys, name: string) => {
    const keys = followed.lookup(name);
    return keys?.usable ? keys.keys : [];
  };

  it('keeps its object while another of its issuer comes and goes', async () => {
    const { directory, store, followed, tell } = await follow({ 'ops.pub': pem(0), 'dev.pub': pem(1) });
    const [before] = keysOf(followed, 'ops.pub');
    const dev = followed.lookup('dev.pub');
    for (const [text, count] of [
      [pem(1) + pem(0), 2],
      [pem(0), 1],
    ] as const) {
      writeFileSync(join(directory, 'ops.pub'), text);
      await waitFor(
        () => filed(store, 'ops.pub')?.split(' ').length,
        (seen) => seen === count,
      );
      expect(namesOf(tell())).toEqual(['ops.pub']);
      const now = keysOf(followed, 'ops.pub');
      expect(now).toHaveLength(count);
      expect(now.find((key) => key === before)).toBe(before);
      expectSame(followed, store, ['ops.pub']);
    }
    expect(followed.lookup('dev.pub')).toBe(dev);
  });

  it('of one issuer is another object than the same key of another', async () => {
    const { followed } = await follow({ 'ops.pub': pem(0), 'dev.pub': pem(0) });
    expect(keysOf(followed, 'ops.pub')[0]).not.toBe(keysOf(followed, 'dev.pub')[0]);
  });

  it('does not when it was away in between', async () => {
    const { directory, store, followed, tell } = await follow({ 'ops.pub': pem(0) });
    const [before] = keysOf(followed, 'ops.pub');
    for (const index of [1, 0]) {
      writeFileSync(join(directory, 'ops.pub'), pem(index));
      await waitForKey(store, 'ops.pub', index);
      tell();
    }
    const [now] = keysOf(followed, 'ops.pub');
    expect(now?.thumbprint).toBe(before?.thumbprint);
    expect(now).not.toBe(before);
  });
});

describe('names without suffix', () => {
  it('are found where the settings allow it, and follow the changes', async () => {
    const { directory, store, followed, tell } = await follow({ 'ops.pub': pem(0) }, true);
    expect(followed.lookup('ops')?.name).toBe('ops.pub');
    writeFileSync(join(directory, 'ops.pem'), pem(1));
    await waitForKey(store, 'ops.pem', 1);
    tell();
    expect(followed.lookup('ops')).toBeUndefined();
    expectSame(followed, store, ['ops', 'ops.pub', 'ops.pem']);
  });

  it('are not where they do not', async () => {
    const { followed } = await follow({ 'ops.pub': pem(0) }, false);
    expect(followed.lookup('ops')).toBeUndefined();
  });
});

it('refuses numbers that make no safe key: no worker goes on with less than it was told', () => {
  const jwk = { e: 'AQAB', kty: 'RSA', n: 'AQ' } as const;
  const change = { filed: [{ name: 'ops.pub', keys: [jwk] }], removed: [] };
  expect(() => new FollowedKeys().apply(change, false)).toThrow(/at least 2048 are required/);
});
