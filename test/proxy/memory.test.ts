// Memory does not grow with body size: 100 MB in each direction, past slow readers, with little held at any time.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { type Pair, startPair } from '../support/pair.ts';

const BODY_BYTES = 100 * 1024 * 1024;
const MAX_HELD_BYTES = 24 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function measureHeld(): number {
  collectGarbage();
  const { arrayBuffers, external, heapUsed } = process.memoryUsage();
  return arrayBuffers + external + heapUsed;
}

async function startPeer(): Promise<{ peer: ChildProcess; pair: Pair }> {
  const peer = fork(fileURLToPath(new URL('./bulk-peer.mjs', import.meta.url)));
  onTestFinished(() => void peer.kill());
  const [{ brokerPort }] = (await once(peer, 'message')) as [{ brokerPort: number }];
  const upstreamUrl = `http://127.0.0.1:${brokerPort}`;
  return { peer, pair: await startPair({ upstreamUrl, httpServer: 'max_body = 200MB' }) };
}

/** Has the peer make one transfer. Resolves with the bytes that arrived at its far end. */
async function transfer(peer: ChildProcess, pair: Pair, method: string, bytes: number): Promise<number> {
  const done = once(peer, 'message');
  peer.send({ port: pair.guard.port, method, bytes, token: pair.token });
  const [{ transferred }] = (await done) as [{ transferred: number }];
  return transferred;
}

it.each([
  ['a download', 'GET'],
  ['an upload', 'POST'],
])('holds little of %s of 100 MB', { timeout: 60_000 }, async (_, method) => {
  const { peer, pair } = await startPeer();
  await transfer(peer, pair, method, 1024 * 1024);
  const before = measureHeld();
  const samples: number[] = [];
  const sampling = setInterval(() => samples.push(measureHeld() - before), 20);
  onTestFinished(() => clearInterval(sampling));
  expect(await transfer(peer, pair, method, BODY_BYTES)).toBe(BODY_BYTES);
  expect(samples.length).toBeGreaterThan(5);
  expect(Math.max(...samples)).toBeLessThan(MAX_HELD_BYTES);
  const records = await pair.records(2);
  expect(records[1]).toMatchObject({
    outcome: 'allowed',
    [method === 'GET' ? 'bytes_out' : 'bytes_in']: BODY_BYTES,
  });
});
