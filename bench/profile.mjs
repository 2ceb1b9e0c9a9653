// Where the guard's CPU time goes: runs it under --cpu-prof with one scenario's load and prints the top functions.
// usage: node bench/profile.mjs [--seconds 8] [--scenario one-token] [--top 30] [--keep FILE]
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { boundWholeRun, makeTempDirectory } from './children.mjs';
import { describeGuard } from './contestants/guard.mjs';
import { CONTESTANTS } from './contestants/registry.mjs';
import { planCores } from './cores.mjs';
import { launchContestant, launchUpstream } from './launch.mjs';
import { runLoad } from './load.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { openTokenStore } from './tokens.mjs';

const SPARE_MS = 120_000;
const SAMPLE_MICROS = 200;

/** @typedef {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }} ProfileNode */
/** @typedef {{ nodes: ProfileNode[], samples: number[], timeDeltas: number[] }} Profile */

/** Shortened to what tells files apart. @param {ProfileNode['callFrame']} frame */
function nameFrame({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(?=dist\/|node_modules\/)/, '').replace('node_modules/', '');
  return `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`;
}

/** Self time by function, highest first. @param {Profile} profile @returns {[string, number][]} microseconds */
function sumSelfTime({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, nameFrame(callFrame)]));
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const [index, id] of samples.entries()) {
    const name = frames.get(id) ?? '?';
    sums.set(name, (sums.get(name) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** @param {[string, number][]} sums @param {number} top @param {number} requests */
function printTop(sums, top, requests) {
  const busy = sums.filter(([name]) => !/^\((idle|program|root)\)/.test(name));
  const total = busy.reduce((sum, [, micros]) => sum + micros, 0);
  console.log(
    `${requests} requests; ${(total / requests).toFixed(1)} us a request in JavaScript, GC and natives it calls`,
  );
  console.log('   self %   us/request  function');
  for (const [name, micros] of busy.slice(0, top)) {
    const share = ((100 * micros) / total).toFixed(1).padStart(8);
    console.log(`${share} %  ${(micros / requests).toFixed(2).padStart(10)}  ${name}`);
  }
}

/** @param {string} profiles directory @returns {import('./contestants/registry.mjs').Contestant} */
function profiledGuard(profiles) {
  const guard = /** @type {import('./contestants/registry.mjs').Contestant} */ (
    CONTESTANTS.find(({ id }) => id === 'guard')
  );
  const flags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
  return {
    ...guard,
    describe: (context) => {
      const launch = describeGuard(context);
      const [node, ...rest] = launch.command;
      return { ...launch, command: [/** @type {string} */ (node), ...flags, ...rest] };
    },
  };
}

/** @param {string | undefined} id */
function findScenario(id) {
  const scenario = SCENARIOS.find((one) => one.id === id && one.contestants.includes('guard'));
  if (!scenario) throw new Error(`there is no scenario ${id}`);
  return scenario;
}

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '8' },
      scenario: { type: 'string', default: 'one-token' },
      top: { type: 'string', default: '30' },
      keep: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 300) throw new Error('--seconds: 1 to 300');
  const { load: wanted, issuers = 1 } = findScenario(values.scenario);
  const cores = planCores();
  // Before the bound: minting takes minutes on a slow machine.
  const tokens = await openTokenStore();
  boundWholeRun(seconds * 1000 + SPARE_MS);
  const upstream = await launchUpstream(cores);
  const root = makeTempDirectory();
  const { publicKeyFile, publicKeys } = tokens;
  const profiles = path.join(root, 'profiles');
  const field = { root, upstreamPort: upstream.port, publicKeyFile, publicKeys, issuers, cores };
  const instance = await launchContestant(profiledGuard(profiles), field);
  const load = { ...wanted, tokenFile: wanted.tokenFile === '' ? '' : tokens.file(wanted.tokenFile) };
  const { requests } = await runLoad(load, instance.port, { start: 0, seconds }, cores);
  await instance.stop();
  const [file] = readdirSync(profiles);
  if (file === undefined) throw new Error('the guard ended without writing a profile');
  printTop(
    sumSelfTime(JSON.parse(readFileSync(path.join(profiles, file), 'utf8'))),
    Number(values.top),
    requests,
  );
  if (values.keep) copyFileSync(path.join(profiles, file), values.keep);
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(`profile: ${error.message}`);
    process.exit(2);
  },
);
