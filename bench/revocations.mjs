// What revocations cost: a look that finds nothing and one that finds something, memory and start with 100,000 of them, and how
// soon one more counts. Against the build in dist/.
// usage: node --expose-gc bench/revocations.mjs
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRevocations } from '../dist/revocation/store.js';

const { gc } = globalThis;
if (gc === undefined) throw new Error('node --expose-gc bench/revocations.mjs');

const MANY = 100_000;
const CALLS = 500_000;
const ROUNDS = 10;
const now = Date.now() / 1000;
const directory = mkdtempSync(join(tmpdir(), 'broker-guard-bench-'));
const file = join(directory, 'revocations.jsonl');
const until = Math.floor(now) + 86_400;
const ids = Array.from({ length: MANY }, () => randomUUID());
// The followers of a store keep no process alive.
const alive = setInterval(() => undefined, 1000);

try {
  const empty = await open('without a file');
  measure('a look, nothing revoked', empty.store, 1);
  empty.store.close();
  writeFileSync(
    file,
    ids.map((jti) => `${JSON.stringify({ issuer: 'ops.pub', jti, until, at: until })}\n`).join(''),
  );
  console.log(`${MANY} revocations are ${(statSync(file).size / 2 ** 20).toFixed(1)} MB`);
  const { store } = await open(`with ${MANY} revocations`);
  for (const mixed of [{ subject: 'x' }, { key: 'A'.repeat(43) }, { before: 5 }])
    appendFileSync(file, `${JSON.stringify({ issuer: 'ops.pub', until, ...mixed })}\n`);
  await waitFor(store, { subject: 'x' }, 'one more counts');
  measure(`a look among ${MANY}, one token`, store, 1);
  measure(`a look among ${MANY}, 10,000 tokens in turn`, store, 10_000);
  measure('the same, each of them revoked', store, 10_000, ids);
  store.close();
} finally {
  clearInterval(alive);
  rmSync(directory, { recursive: true });
}

/** @param {string} what */
async function open(what) {
  gc?.();
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  const sinceMs = performance.now();
  const opened = await openRevocations({ file, now: Date.now, report: console.error });
  const tookMs = performance.now() - sinceMs;
  const { user, system } = process.cpuUsage(cpu);
  gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before.heapUsed) / 2 ** 20;
  console.log(
    `start ${what}: ${tookMs.toFixed(0)} ms (${((user + system) / 1000).toFixed(0)} of CPU), ${megabytes.toFixed(1)} MB of heap`,
  );
  return { store: opened };
}

/**
 * @param {string} what @param {Awaited<ReturnType<typeof openRevocations>>} store @param {number} count of tokens
 * @param {readonly string[]} [known] their jti
 */
function measure(what, store, count, known) {
  const tokens = Array.from({ length: count }, (_, at) => ({
    issuer: 'ops.pub',
    subject: `device-${at}`,
    tokenId: known?.[at] ?? randomUUID(),
    thumbprint: 'TcJ1fZNroAc9X4fXvZT03L9sageZ-mmq06QlxQkZc5s',
    bodyEncode: /** @type {const} */ (0),
    issuedAt: now,
    tokenDigest: randomUUID(),
  }));
  let at = 0;
  const look = () => {
    at = at + 1 === count ? 0 : at + 1;
    return store.judge(/** @type {any} */ (tokens[at]), now);
  };
  for (let warm = 0; warm < 200_000; warm++) look();
  gc?.();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let call = 0; call < CALLS; call++) look();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / CALLS);
  }
  console.log(`${what}: ${least.toFixed(3)} us of CPU, the least of ${ROUNDS} rounds`);
}

/** @param {Awaited<ReturnType<typeof openRevocations>>} store @param {object} token @param {string} what */
async function waitFor(store, token, what) {
  const sinceMs = performance.now();
  const asked = {
    issuer: 'ops.pub',
    tokenId: undefined,
    thumbprint: '',
    issuedAt: now,
    tokenDigest: '',
    ...token,
  };
  while (store.find(/** @type {any} */ (asked), now) === undefined) await new Promise(setImmediate);
  console.log(`${what} after ${(performance.now() - sinceMs).toFixed(0)} ms`);
}
