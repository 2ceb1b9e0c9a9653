// What a worker does when it is called, in the order in which calls come: several may be read in one turn.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/settings.ts';
import type { KeyStore } from '../../../src/keystore/store.ts';
import { WHOLE } from '../../../src/process/share.ts';
import { describeChange } from '../../../src/process/workers/key-change.ts';
import type { Assignment } from '../../../src/process/workers/protocol.ts';
import { createWorkerCalls } from '../../../src/process/workers/worker-calls.ts';
import { openStore } from '../../keystore/material.ts';
import { keepRecords } from '../../support/audit.ts';
import { mintToken } from '../../support/issuers.ts';
import { sendRaw } from '../../support/raw.ts';
import { makeWorkspace } from '../../support/workspace.ts';
import { DEV, head, OPS, openUpstream, writeConf } from './harness.ts';

const audit = { ...keepRecords(), dropped: () => 7 };

/** The store of a directory with these issuers. */
async function openKeys(files: Readonly<Record<string, string>>): Promise<KeyStore> {
  const directory = makeWorkspace({ '.keep': '', ...files });
  return (await openStore(directory)).store;
}

const changeTo = (now: KeyStore, before?: KeyStore) => describeChange(before?.snapshot(), now.snapshot());

async function prepare() {
  const { url } = await openUpstream();
  const read = (more = '') =>
    loadSettings(join(makeWorkspace({ 'nanomq.conf': writeConf(url, more) }), 'nanomq.conf'));
  const calls = createWorkerCalls(
    audit,
    () => undefined,
    () => undefined,
  );
  onTestFinished(async () => {
    await calls.stop();
  });
  return {
    calls,
    read,
    ops: await openKeys({ 'ops.pub': OPS.publicPem }),
    dev: await openKeys({ 'dev.pub': DEV.publicPem }),
  };
}

const TOKENS = [mintToken(OPS), mintToken(DEV, { iss: 'dev.pub' })];

/** What the tokens of `ops.pub` and of `dev.pub` get. */
async function ask(listening: Promise<{ port?: number } | { path: string }>): Promise<number[]> {
  const listen = await listening;
  const port = 'port' in listen ? (listen.port ?? 0) : 0;
  const answers = TOKENS.map((token) => sendRaw(port, head('/api/v4/brokers', token)));
  return (await Promise.all(answers)).map(({ status }) => status);
}

/** All of the work, with these keys. */
const assign = (settings: Settings, keys: KeyStore): Assignment => ({
  settings,
  share: WHOLE,
  tls: { guarded: undefined, upstreamCa: undefined },
  canRecord: true,
  keys: changeTo(keys),
  revocations: [],
});

describe('a worker', () => {
  it('serves with the keys it is given, and follows their changes', async () => {
    const { calls, read, ops, dev } = await prepare();
    const listening = calls.serve(assign(read(), ops));
    expect(await ask(listening)).toEqual([200, 401]);
    await calls.changeKeys(changeTo(dev, ops));
    expect(await ask(listening)).toEqual([401, 200]);
    expect(await calls.probe()).toBeUndefined();
  });

  it('puts other settings and other keys in place together', async () => {
    const { calls, read, ops, dev } = await prepare();
    const listening = calls.serve(assign(read(), ops));
    await listening;
    await calls.reload(assign(read('token.max_lifetime = 2h'), dev));
    expect(await ask(listening)).toEqual([401, 200]);
    await calls.reload(assign(read('token.max_lifetime = 10m'), dev));
    expect(await ask(listening)).toEqual([401, 401]);
  });

  it('loses no change of keys that is read in one turn with the call to serve', async () => {
    const { calls, read, ops, dev } = await prepare();
    const listening = calls.serve(assign(read(), ops));
    await Promise.all([listening, calls.changeKeys(changeTo(dev, ops))]);
    expect(await ask(listening)).toEqual([401, 200]);
  });

  it('loses no change of keys that is read in one turn with other settings', async () => {
    const { calls, read, ops, dev } = await prepare();
    const listening = calls.serve(assign(read(), dev));
    await listening;
    // The first brings ops.pub back; the second, of the new key store, removes it for good.
    await Promise.all([calls.reload(assign(read(), ops)), calls.changeKeys(changeTo(dev, ops))]);
    expect(await ask(listening)).toEqual([401, 200]);
  });

  it('puts settings in place that come while it starts', async () => {
    const { calls, read, ops, dev } = await prepare();
    const listening = calls.serve(assign(read(), ops));
    await calls.reload(assign(read('token.max_lifetime = 2h'), dev));
    expect(await ask(listening)).toEqual([401, 200]);
  });

  it('is at fault, and says so, when it is asked before it serves', async () => {
    const { calls, read, ops } = await prepare();
    await expect(calls.probe()).rejects.toThrow(/before it was told what to serve/);
    await expect(calls.reload(assign(read(), ops))).rejects.toThrow(/before it was told/);
  });

  it('ends with the number of records it has lost, whether it has served or not', async () => {
    expect(
      await createWorkerCalls(
        audit,
        () => undefined,
        () => undefined,
      ).stop(),
    ).toBe(7);
  });
});
