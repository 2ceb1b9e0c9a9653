// How the guard scales with its worker processes: throughput and CPU per request of 1, 2 and more, in one run.
// Composes the bench's parts; says which way the processes were kept from starving each other, and when none is there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boundWholeRun, makeTempDirectory } from './children.mjs';
import { describeGuard } from './contestants/guard.mjs';
import { CONTESTANTS } from './contestants/registry.mjs';
import { confineServing, listCores, OTHER_CORES } from './cores.mjs';
import { countConnections, readCpuMicros } from './cpu.mjs';
import { launchContestant, launchUpstream } from './launch.mjs';
import { loadTool, runLoad } from './load.mjs';
import { measureCell } from './measure.mjs';
import { findWrongAnswer } from './probe.mjs';
import { spreadOf } from './results.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { formatNumber } from './svg.mjs';
import { openTokenStore } from './tokens.mjs';
import { listVersions } from './versions.mjs';

const RESULTS = new URL('./results/', import.meta.url);
const CONNECTIONS = [32, 128];
const TARGET = { workers: 2, bound: 1.7 };
const WARM_UP_S = 2;
/** A guard that used less of what it was given was not the bottleneck: its throughput is that of the load. */
const BUSY = 0.85;
const AUDIT_DEADLINE_MS = 3000;
const SPARE_MS = 60_000;
const START_MS = 15_000;
const USAGE = `usage: npm run bench:workers -- [--rounds N] [--seconds N] [--counts 1,2]
  --rounds N    rounds to take the median of, 1 to 9 (3)
  --seconds N   of each measurement, 1 to 60 (8)
  --counts a,b  numbers of workers, 1 to 16 (1,2, and 4 where there are at least 6 cores)`;

/**
 * @typedef {{ rounds: number, seconds: number, counts: number[] }} Options
 *
 * @typedef {object} Cell one measurement
 * @property {string[]} problems wrong answers: any makes the row invalid
 * @property {number | undefined} busy part of what the guard was given that it used
 * @property {number | undefined} capacity requests a second, where the guard was what set them
 * @property {number} cpuUs per request, of all processes
 * @property {number | undefined} primaryUs per request, of the process that serves nothing
 * @property {{ connections: number, cpuUs: number }[]} perWorker
 *
 * @typedef {import('./results.mjs').Spread | undefined} Figure
 *
 * @typedef {object} Row one number of workers with one number of connections
 * @property {number} connections @property {number} workers
 * @property {string[]} problems
 * @property {Figure} perSecond @property {Figure} toOne throughput, round by round
 * @property {Figure} busy @property {Figure} cpuUs @property {Figure} primaryUs
 * @property {Cell['perWorker'][]} perWorker of each round
 */

/** @param {string} text @param {string} flag @param {number} most */
function readNumber(text, flag, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Error(`${flag}: whole numbers from 1 to ${most}, not ${text}`);
}

/** @param {string[]} argv @returns {Options | undefined} none where only the usage is asked for */
function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '8' },
      counts: { type: 'string', default: listCores().length >= 4 + OTHER_CORES ? '1,2,4' : '1,2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const counts = new Set(values.counts.split(',').map((text) => readNumber(text, '--counts', 16)));
  return {
    rounds: readNumber(values.rounds, '--rounds', 9),
    seconds: readNumber(values.seconds, '--seconds', 60),
    counts: [...counts].sort((a, b) => a - b),
  };
}

/** @typedef {Options & { way: import('./cores.mjs').Confinement, root: string, tokens: import('./tokens.mjs').TokenStore, upstream: { port: number } }} Field */
/** @typedef {{ count: number, instance: import('./launch.mjs').Instance }} Guard the primary is the first of its pids, where it has workers */

const ONE_TOKEN = /** @type {typeof SCENARIOS[number]} */ (SCENARIOS.find(({ id }) => id === 'one-token'));
const GUARD = /** @type {typeof CONTESTANTS[number]} */ (CONTESTANTS.find(({ id }) => id === 'guard'));

/** Started, probed and warmed up at full speed; held from then on. @param {number} count @param {Field} field @returns {Promise<Guard>} */
async function startGuard(count, { way, root, tokens, upstream }) {
  const missing = GUARD.missing();
  if (missing) throw new Error(missing);
  /** @type {typeof GUARD} */
  const contestant = { ...GUARD, describe: (context) => describeGuard(context, count) };
  const { publicKeyFile, publicKeys } = tokens;
  const cores = way.coresFor(count);
  const field = { root, upstreamPort: upstream.port, publicKeyFile, publicKeys, issuers: 1, cores };
  const instance = await launchContestant(contestant, field);
  const wrong = await findWrongAnswer(instance, tokens);
  if (wrong) throw new Error(`the guard with ${count} workers ${wrong}`);
  const load = { ...ONE_TOKEN.load, tokenFile: tokens.file(ONE_TOKEN.load.tokenFile) };
  await runLoad(load, instance.port, { start: 0, seconds: WARM_UP_S }, cores);
  way.hold(instance.pids.slice(-count), count === 1 ? undefined : instance.pids[0]);
  return { count, instance };
}

/** A process that is held writes its last records late. @param {string} file @param {number} requests */
async function findMissingAudit(file, requests) {
  const deadline = performance.now() + AUDIT_DEADLINE_MS;
  for (;;) {
    const lines = Number.parseInt(execFileSync('wc', ['-l', file], { encoding: 'utf8' }), 10);
    if (lines >= requests) return [];
    if (performance.now() > deadline) return [`only ${lines} audit lines for ${requests} requests`];
    await delay(100);
  }
}

/** @param {Guard} guard @param {number} connections @param {Field} field @returns {Promise<Cell>} */
async function measureGuard({ count, instance }, connections, { way, tokens, seconds }) {
  const { pids, port } = instance;
  const outputFile = /** @type {string} */ (instance.outputFile);
  const scenario = { ...ONE_TOKEN, load: { ...ONE_TOKEN.load, connections } };
  const plan = { tokens, cores: way.coresFor(count), warmUps: [], seconds };
  truncateSync(outputFile);
  const before = pids.map((pid) => readCpuMicros([pid]));
  const [{ requests, perSecond, cpuUs = 0, problems: wrong }, held] = await Promise.all([
    measureCell({ pids, port }, scenario, plan),
    delay(seconds * 500).then(() => pids.slice(-count).map((pid) => countConnections(pid, port))),
  ]);
  const costs = pids.map((pid, index) => (readCpuMicros([pid]) - (before[index] ?? 0)) / requests);
  const problems = [...wrong, ...(await findMissingAudit(outputFile, requests))];
  const busy = way.share && (cpuUs * perSecond) / (1e6 * way.share * count);
  const isCapacity = busy !== undefined && busy >= BUSY && problems.length === 0;
  return {
    problems,
    busy,
    capacity: isCapacity ? perSecond : undefined,
    cpuUs,
    primaryUs: count === 1 ? undefined : costs[0],
    perWorker: costs.slice(-count).map((cost, index) => ({ connections: held[index] ?? 0, cpuUs: cost })),
  };
}

/** Guards of one round run side by side and are measured in turn, so that what is compared is close in time. @param {Field} field */
async function runRounds(field) {
  /** @type {Map<string, Cell[]>} by connections and workers, a cell for each round */
  const cells = new Map();
  for (let round = 0; round < field.rounds; round += 1) {
    // Each round begins with another one.
    const turned = field.counts.map((_, index) => field.counts[(index + round) % field.counts.length] ?? 1);
    const guards = [];
    for (const count of turned) guards.push(await startGuard(count, field));
    for (const connections of CONNECTIONS) {
      for (const guard of guards) {
        const cell = await measureGuard(guard, connections, field);
        const name = `${connections}/${guard.count}`;
        cells.set(name, [...(cells.get(name) ?? []), cell]);
        const place = `${round + 1}/${field.rounds}, ${connections} connections, workers: ${guard.count}`;
        const rate = cell.capacity === undefined ? '-' : formatNumber(cell.capacity);
        console.error([`${place}: ${cell.cpuUs.toFixed(1)} us, ${rate}/s`, ...cell.problems].join('; '));
      }
    }
    for (const { instance } of guards) await instance.stop();
  }
  return cells;
}

/** @param {Map<string, Cell[]>} cells @param {number} connections @param {number} workers @returns {Row} */
function summarize(cells, connections, workers) {
  const all = cells.get(`${connections}/${workers}`) ?? [];
  const alone = cells.get(`${connections}/1`) ?? [];
  const ratios = all.flatMap(({ capacity }, round) => {
    const one = alone[round]?.capacity;
    return workers > 1 && capacity && one ? [capacity / one] : [];
  });
  return {
    connections,
    workers,
    problems: [...new Set(all.flatMap(({ problems }) => problems))],
    busy: spreadOf(all.flatMap(({ busy }) => busy ?? [])),
    perSecond: spreadOf(all.flatMap(({ capacity }) => capacity ?? [])),
    toOne: spreadOf(ratios),
    cpuUs: spreadOf(all.map(({ cpuUs }) => cpuUs)),
    primaryUs: spreadOf(all.flatMap(({ primaryUs }) => primaryUs ?? [])),
    perWorker: all.map(({ perWorker }) => perWorker),
  };
}

/** @param {Figure} spread @param {number} [unit] how many of the stored unit one of the shown is */
function formatSpread(spread, unit = 1) {
  if (spread === undefined) return '–';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    formatNumber(value / unit),
  );
  return `${median} (${min}–${max})`;
}

/** What each worker had of it, medians of the rounds. @param {Row} row @param {'connections' | 'cpuUs'} figure */
function formatEach({ perWorker, workers }, figure) {
  const medians = Array.from(
    { length: workers },
    (_, index) => spreadOf(perWorker.flatMap((round) => round[index]?.[figure] ?? []))?.median ?? 0,
  );
  return medians.map(formatNumber).join(' + ');
}

/** @param {Row} row */
function formatRow(row) {
  const { connections, workers, problems, perSecond, toOne, busy, cpuUs, primaryUs } = row;
  const figures = [perSecond, toOne].map((spread) => formatSpread(spread));
  const costs = [formatSpread(busy, 0.01), formatSpread(cpuUs), formatSpread(primaryUs)];
  const each = [formatEach(row, 'cpuUs'), formatEach(row, 'connections')];
  const shown =
    problems.length > 0 ? [`**INVALID:** ${problems.join('; ')}`] : [...figures, ...costs, ...each];
  return `| ${[connections, workers, ...shown].join(' | ')} |`;
}

/** Of several numbers of connections the one that is worst counts. @param {Row[]} rows @param {boolean} isMeasurable */
function judgeTarget(rows, isMeasurable) {
  const { workers, bound } = TARGET;
  const medians = rows
    .filter((row) => row.workers === workers)
    .map(({ toOne }) => toOne?.median ?? Number.NaN);
  const value = Math.min(...medians);
  const title = `throughput of ${workers} workers to 1`;
  if (!Number.isFinite(value) || rows.some(({ problems }) => problems.length > 0)) {
    return { bound, line: `${title}: ${isMeasurable ? 'not measured' : 'cannot be measured here'}` };
  }
  const isMet = value >= bound;
  const verdict = `${formatNumber(value)}, at least ${bound}: ${isMet ? 'met' : 'not met'}`;
  return { value, bound, isMet, line: `${title}: ${verdict}` };
}

/** @param {Options} options @param {string} note @param {Row[]} rows @param {string} target */
function formatReport({ rounds, seconds }, note, rows, target) {
  const { 'broker-guard': guard, node, kernel, cpu } = listVersions();
  return [
    '# Workers of broker-guard',
    '',
    `${ONE_TOKEN.title}; rounds: ${rounds}, each ${seconds} s, medians (minimum–maximum); load by ${loadTool()}.`,
    `broker-guard ${guard}, node ${node}, kernel ${kernel}, cpu ${cpu}.`,
    '',
    `How it was measured: ${note}.`,
    '',
    '| connections | workers | requests/s | to 1 worker | busy % | CPU us/request | of it the primary | of it each worker | connections of each |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(formatRow),
    '',
    `A round in which the guard was busy for less than ${100 * BUSY} % of what it was given counts for no throughput: something else set it.`,
    '',
    target,
    '',
  ].join('\n');
}

/** @param {object} results @param {string} report */
function writeResults(results, report) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL('workers.json', RESULTS), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL('workers.md', RESULTS), report);
  console.log(`${report}wrote ${fileURLToPath(RESULTS)}workers.{json,md}`);
}

/** @returns {Promise<boolean>} whether every answer was the expected one */
async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return true;
  }
  const { counts, rounds, seconds } = options;
  const tokens = await openTokenStore();
  const guardMs = START_MS + CONNECTIONS.length * (seconds * 1000 + AUDIT_DEADLINE_MS);
  boundWholeRun(SPARE_MS + rounds * counts.length * guardMs);
  const way = confineServing(Math.max(...counts));
  const upstream = await launchUpstream(way.coresFor(1));
  const cells = await runRounds({ ...options, way, tokens, upstream, root: makeTempDirectory() });
  const rows = CONNECTIONS.flatMap((connections) =>
    counts.map((count) => summarize(cells, connections, count)),
  );
  const { line, ...target } = judgeTarget(rows, way.share !== undefined);
  const { share, note } = way;
  const what = { at: new Date().toISOString(), options, share, note, versions: listVersions() };
  writeResults({ ...what, rows, target }, formatReport(options, note, rows, line));
  return rows.every(({ problems }) => problems.length === 0);
}

main().then(
  (isValid) => process.exit(isValid ? 0 : 1),
  (error) => {
    console.error(`workers: ${error.message}`);
    process.exit(2);
  },
);
