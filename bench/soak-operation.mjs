// Minutes of what a guard in operation goes through: good callers and some abuse, keys that come and go, reloads and log
// rotations, with workers. Prints memory, descriptors and latencies minute by minute, and at the end whether every call has
// left exactly one whole record. Loopback only.
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readResidentBytes } from './cpu.mjs';

/** Connections of each kind: enough to be noticed, too few to be the load. */
export const ABUSE = {
  bad_signatures: 3,
  unknown_issuers: 2,
  new_connections: 2,
  pipelined: 2,
  half_heads: 20,
  lost_bodies: 5,
  odd_requests: 2,
  service_heads: 10,
};
const CHURN_MS = 1000;
const ROTATE_MS = 7000;
const RELOAD_MS = 13_000;
const CHURNING_KEYS = 20;
/** Of the first whole minute. */
const GROWTH_LIMIT = 1.3;

/**
 * @typedef {object} Operated
 * @property {string} directory of the guard: settings, keys, audit file
 * @property {number[]} pids the first one is the one signals go to
 * @property {() => Promise<import('./soak.mjs').Report>} ask what good callers have seen since they were asked last
 */

/** Keys that come and go, beside the one that good callers use. @param {string} directory */
function churnKeys(directory) {
  const keys = [1, 2].map(() => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return publicKey.export({ type: 'spki', format: 'pem' });
  });
  let count = 0;
  const timer = setInterval(() => {
    const file = path.join(directory, 'keys', `churn-${count % CHURNING_KEYS}.pub`);
    if (count % 3 === 2) rmSync(file, { force: true });
    else writeFileSync(file, String(keys[count % 2]));
    count += 1;
  }, CHURN_MS);
  return { count: () => count, stop: () => clearInterval(timer) };
}

/** Settings that differ each time. @param {string} directory @param {number} pid */
function reloadAgain(directory, pid) {
  const file = path.join(directory, 'bench.conf');
  const before = readFileSync(file, 'utf8');
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    writeFileSync(
      file,
      before.replace('service {', `upstream.connections = ${24 + (count % 8)}\n  service {`),
    );
    process.kill(pid, 'SIGHUP');
  }, RELOAD_MS);
  return { count: () => count, stop: () => clearInterval(timer) };
}

/** Reads audit files as they are moved away, and counts what is in them. */
export class Records {
  whole = 0;
  broken = 0;
  allowed = 0;
  doubled = 0;
  lost = 0;
  #ids = new Set();

  /** @param {string} file */
  read(file) {
    for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') this.#take(line);
    rmSync(file);
  }

  /** @param {string} line */
  #take(line) {
    let record;
    try {
      record = JSON.parse(line);
    } catch {
      this.broken += 1;
      return;
    }
    this.whole += 1;
    if (record.type === 'lost') this.lost += record.records;
    if (record.type !== 'audit') return;
    if (record.outcome === 'allowed') this.allowed += 1;
    if (this.#ids.has(record.request_id)) this.doubled += 1;
    this.#ids.add(record.request_id);
  }
}

/** @param {string} directory @param {number} pid @param {Records} records */
function rotateAgain(directory, pid, records) {
  const file = path.join(directory, 'audit.log');
  let count = 0;
  const timer = setInterval(() => {
    // One that is still being written when the next is moved away is read with that one.
    for (const name of readdirSync(directory))
      if (name.startsWith('audit.log.')) records.read(path.join(directory, name));
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return;
    count += 1;
    renameSync(file, `${file}.${count}`);
    process.kill(pid, 'SIGUSR1');
  }, ROTATE_MS);
  return { count: () => count, stop: () => clearInterval(timer) };
}

/** @param {number[]} pids */
const countDescriptors = (pids) => pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);

/**
 * Lets a minute pass and prints its line.
 * @param {number} minute @param {number} ms @param {Operated} guard @param {Records} records
 */
async function passMinute(minute, ms, { pids, ask }, records) {
  await delay(ms);
  const [megabytes, descriptors] = [readResidentBytes(pids) / 1e6, countDescriptors(pids)];
  const { kept, fresh } = await ask();
  const numbers = [
    megabytes,
    descriptors,
    kept.p50,
    kept.p99,
    fresh.p50,
    fresh.p99,
    kept.count + fresh.count,
    records.whole,
  ];
  const wrong = kept.wrong + fresh.wrong;
  console.log(
    `${String(minute).padStart(6)} ${numbers.map((number) => number.toFixed(number < 100 ? 1 : 0).padStart(9)).join(' ')}${wrong === 0 ? '' : `  (${wrong} refused or lost)`}`,
  );
  return { megabytes, descriptors, calls: kept.count + fresh.count, wrong };
}

/**
 * @param {Operated} guard @param {number} minutes
 * @param {() => Promise<string>} stop ends callers, then the guard, and gives what the guard said
 */
export async function operate(guard, minutes, stop) {
  const [pid] = /** @type {[number]} */ (guard.pids);
  const records = new Records();
  const work = [
    churnKeys(guard.directory),
    reloadAgain(guard.directory, pid),
    rotateAgain(guard.directory, pid, records),
  ];
  console.log(
    `${'minute'.padStart(6)} ${['MB', 'descr.', 'kept p50', 'p99 ms', 'new p50', 'p99 ms', 'calls', 'records'].map((name) => name.padStart(9)).join(' ')}`,
  );
  const passed = [];
  for (let minute = 1; minute <= minutes; minute += 1)
    passed.push(await passMinute(minute, 60_000, guard, records));
  for (const one of work) one.stop();
  const said = await stop();
  for (const name of readdirSync(guard.directory))
    if (name.startsWith('audit.log')) records.read(path.join(guard.directory, name));
  const [keys, reloads, rotations] = work.map((one) => one.count());
  console.log(
    `${keys} changes of keys, ${reloads} reloads, ${rotations} rotations, ${records.whole} records`,
  );
  return judgeAll(passed, records, said);
}

/** @param {Awaited<ReturnType<typeof passMinute>>[]} passed @param {Records} records @param {string} said */
function judgeAll(passed, records, said) {
  const first = /** @type {typeof passed[0]} */ (passed[0]);
  const last = /** @type {typeof passed[0]} */ (passed.at(-1));
  const calls = passed.reduce((sum, minute) => sum + minute.calls, 0);
  const [, lost = '0'] = /stopped; (\d+) audit records/.exec(said) ?? [];
  return [
    judge('memory, last minute over the first', last.megabytes / first.megabytes, GROWTH_LIMIT),
    judge('descriptors, last minute over the first', last.descriptors / first.descriptors, GROWTH_LIMIT),
    judge(
      'good calls refused or lost',
      passed.reduce((sum, { wrong }) => sum + wrong, 0),
      1,
    ),
    judge('records lost, as the guard has counted', Number(lost) + records.lost, 1),
    // What is asked after the last minute is counted here and not there.
    judge('good calls without a record', Math.max(0, calls - records.allowed), 1),
    judge('records that are not whole, or twice', records.broken + records.doubled, 1),
  ].every(Boolean);
}

/** @param {string} what @param {number} value @param {number} limit */
function judge(what, value, limit) {
  const holds = value < limit;
  console.log(
    `${what}: ${Number.isInteger(value) ? value : value.toFixed(2)}, bound below ${limit}: ${holds ? 'holds' : 'BROKEN'}`,
  );
  return holds;
}
