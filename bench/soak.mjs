// Minutes of mixed abuse with good callers beside it: memory, descriptors and the callers' percentiles at the start, under
// abuse and at the end, and a flood of a thousand connections with bad signatures against its bounds. Loopback only; the
// abuse comes from another address than the good callers.
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { boundWholeRun, makeTempDirectory, startChild, stopChild } from './children.mjs';
import { describeGuard, findGuard } from './contestants/guard.mjs';
import { pinCommand, planCores } from './cores.mjs';
import { readCpuMicros, readResidentBytes, watchResidentPeak } from './cpu.mjs';
import { launchContestant, launchUpstream } from './launch.mjs';
import { ABUSE, operate } from './soak-operation.mjs';
import { mintToken } from './soak-tokens.mjs';

const FLOOD = { bad_signatures: 1000 };
/** Connections of each kind at the same time. What each does is in soak-abuse.mjs. */
const MIXED = {
  bad_signatures: 100,
  unknown_issuers: 50,
  costly_tokens: 30,
  new_connections: 30,
  pipelined: 200,
  half_heads: 300,
  silent: 300,
  lost_bodies: 100,
  odd_requests: 50,
  service_heads: 300,
};
const KEPT_LIMIT_MS = 20;
const KEPT_P99_LIMIT_MS = 50;
const NEW_LIMIT_MS = 500;
const RESIDENT_LIMIT_MB = 300;
const CALM_SECONDS = 10;
const FLOOD_SECONDS = 20;

/** @typedef {{ p50: number, p99: number, count: number, wrong: number }} Latencies */
/** @typedef {{ kept: Latencies, fresh: Latencies }} Report */

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, minutes: { type: 'string', default: '0' } },
});
const mixedSeconds = Number(values.seconds);
/** Of operation, in the place of the abuse. */
const minutes = Number(values.minutes);
const OPERATED = 'workers = 2\n  audit.file = "audit.log"';

/** The good callers, a process of their own. @param {import('./cores.mjs').Cores} cores @param {object} to */
function startCallers(cores, to) {
  const program = new URL('./soak-callers.mjs', import.meta.url).pathname;
  const command = pinCommand(cores, 'load', [process.execPath, program, JSON.stringify(to)]);
  const child = startChild(command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** What they have seen since they were asked last. @returns {Promise<Report>} */
  const ask = () =>
    new Promise((resolve) => {
      child.once('message', (report) => resolve(/** @type {Report} */ (report)));
      child.send('report');
    });
  return { child, ask };
}

/** @param {import('./cores.mjs').Cores} cores @param {object} to @param {Record<string, number>} kinds */
function startAbuse(cores, to, kinds) {
  const program = new URL('./soak-abuse.mjs', import.meta.url).pathname;
  const command = pinCommand(cores, 'load', [process.execPath, program, JSON.stringify({ ...to, kinds })]);
  return startChild(command, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** @param {number[]} pids */
const countDescriptors = (pids) => pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);

/** @param {Latencies} seen */
const show = ({ p50, p99, wrong }) =>
  `${p50.toFixed(1).padStart(7)} ${p99.toFixed(1).padStart(8)}${wrong === 0 ? '' : ` (${wrong} refused or lost)`}`;

/**
 * Lets a phase last and prints its line.
 * @param {string} name @param {number} seconds @param {number[]} pids @param {() => Promise<Report>} ask
 */
async function measure(name, seconds, pids, ask) {
  await ask();
  const stopWatch = watchResidentPeak(pids);
  const [cpuBefore, startedAt] = [readCpuMicros(pids), performance.now()];
  let descriptors = 0;
  for (let second = 0; second < seconds; second += 1) {
    await delay(1000);
    descriptors = Math.max(descriptors, countDescriptors(pids));
  }
  const report = await ask();
  const peakMb = stopWatch() / 1e6;
  // Far below 100 % in a flood: the machine had other work, and the latencies are its own.
  const core = (readCpuMicros(pids) - cpuBefore) / (performance.now() - startedAt) / 10;
  const nowMb = readResidentBytes(pids) / 1e6;
  console.log(
    `${name.padEnd(22)} ${nowMb.toFixed(0).padStart(6)} ${peakMb.toFixed(0).padStart(6)} ${String(descriptors).padStart(7)} ${core.toFixed(0).padStart(5)} %  ${show(report.kept)} ${show(report.fresh)}`,
  );
  return { ...report, peakMb };
}

/** @param {string} what @param {number} value @param {number} limit @param {string} unit */
function judge(what, value, limit, unit) {
  const holds = value < limit;
  console.log(`${what}: ${value.toFixed(1)} ${unit}, bound ${limit} ${unit}: ${holds ? 'holds' : 'BROKEN'}`);
  return holds;
}

/** A guard, its broker and its good callers. */
async function launch() {
  const cores = planCores();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const upstream = await launchUpstream(cores);
  const guard = {
    id: 'guard',
    title: 'broker-guard',
    describe: (/** @type {import('./contestants/registry.mjs').Context} */ context) => ({
      ...describeGuard(context, 1, undefined, minutes > 0 ? OPERATED : ''),
      servicePort: context.servicePort,
    }),
  };
  const field = {
    root: makeTempDirectory(),
    upstreamPort: upstream.port,
    publicKeyFile: '',
    publicKeys: [pem],
    issuers: 1,
    cores,
  };
  const instance = await launchContestant(/** @type {never} */ (guard), field);
  const { port } = instance;
  const servicePort = Number(new URL(/** @type {string} */ (instance.metricsUrl)).port);
  const to = { port, servicePort, token: mintToken(privateKey) };
  console.log(`${findGuard()}\n${cores.note}; Node ${process.versions.node}`);
  return { cores, instance, to, ...startCallers(cores, to) };
}

async function soakOperation() {
  boundWholeRun((minutes * 60 + 120) * 1000);
  const { cores, instance, to, child: callers, ask } = await launch();
  const abuse = startAbuse(cores, to, ABUSE);
  await delay(3000);
  const directory = path.dirname(/** @type {string} */ (instance.outputFile));
  return operate({ directory, pids: instance.pids, ask }, minutes, async () => {
    await stopChild(callers);
    await stopChild(abuse);
    await instance.stop();
    return readFileSync(path.join(directory, 'stderr'), 'utf8');
  });
}

async function soakAbuse() {
  boundWholeRun((mixedSeconds + FLOOD_SECONDS + 6 * CALM_SECONDS + 60) * 1000);
  const { cores, instance, to, child: callers, ask } = await launch();
  const { pids } = instance;
  console.log(`${''.padEnd(22)} MB now   peak  descr.    core   kept p50 and p99 ms   new p50 and p99 ms`);
  await delay(3000);
  await measure('start', CALM_SECONDS, pids, ask);
  const abuse = mixedSeconds > 0 ? startAbuse(cores, to, MIXED) : undefined;
  const mixed = await measure('mixed abuse', mixedSeconds, pids, ask);
  if (abuse) await stopChild(abuse);
  await delay(abuse ? 5000 : 0);
  const end = await measure('end', abuse ? CALM_SECONDS : 0, pids, ask);
  const flood = startAbuse(cores, to, FLOOD);
  await delay(3000);
  const flooded = await measure('1,000 bad signatures', FLOOD_SECONDS, pids, ask);
  await stopChild(flood);
  await delay(3000);
  await measure('after it', CALM_SECONDS, pids, ask);
  await stopChild(callers);
  await instance.stop();
  return [
    judge('peak memory', Math.max(mixed.peakMb, flooded.peakMb), RESIDENT_LIMIT_MB, 'MB'),
    judge('flood, kept callers p50', flooded.kept.p50, KEPT_LIMIT_MS, 'ms'),
    judge('flood, kept callers p99', flooded.kept.p99, KEPT_P99_LIMIT_MS, 'ms'),
    judge('flood, new callers p50', flooded.fresh.p50, NEW_LIMIT_MS, 'ms'),
    judge('good calls refused or lost', mixed.kept.wrong + mixed.fresh.wrong + end.kept.wrong, 1, 'calls'),
  ].every(Boolean);
}

(minutes > 0 ? soakOperation() : soakAbuse()).then(
  (holds) => process.exit(holds ? 0 : 1),
  (error) => {
    console.error(`soak: ${error.stack}`);
    process.exit(2);
  },
);
