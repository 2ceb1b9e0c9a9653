// The bench's one command: runs the scenarios and writes what came out. Composes only; README.md describes the parts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawCharts } from './charts.mjs';
import { boundWholeRun, findTool, makeTempDirectory } from './children.mjs';
import { listContestants } from './contestants/registry.mjs';
import { planCores } from './cores.mjs';
import { isInvalid } from './figures.mjs';
import { FOOTPRINT } from './footprint.mjs';
import { computeRatios, holdsBaseline, isMet, saveBaseline } from './goals.mjs';
import { launchUpstream } from './launch.mjs';
import { missingLoad } from './load.mjs';
import { MQTT } from './mqtt.mjs';
import { POLICY } from './policy.mjs';
import { PROFILE } from './profile.mjs';
import { formatFigures, formatRatios, formatReport } from './report.mjs';
import { runRounds } from './rounds.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { openTokenStore } from './tokens.mjs';
import { WORKERS } from './workers.mjs';

/** Each measures in a way of its own and gives figures, with bounds where it has some. */
const OTHERS = [FOOTPRINT, MQTT, POLICY, WORKERS, PROFILE];
const MOST_ROUNDS = 9;
const MINUTE_MS = 60_000;
const RESULTS = new URL('./results/', import.meta.url);
const WHOLE = new URL('../docs/bench/', import.meta.url);
const CONTESTANTS = [...listContestants().map(({ id }) => id), 'direct'];
const NAMES = [...SCENARIOS, ...OTHERS].map(({ id }) => id);

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only a,b] [--scenario x,y] [--before DIR] [--check] [--save-baseline] [--render]
  --quick          one round of one second each, about 4 minutes: a smoke test
  --rounds N       rounds to take the median of, 1 to ${MOST_ROUNDS} (3)
  --only a,b       contestants: ${CONTESTANTS.join(' ')}
  --scenario x,y   scenarios: ${NAMES.join(' ')}; profile only where it is asked for
  --of x           what profile profiles (one-token)
  --before DIR     a built checkout of another version, measured beside this one wherever this one takes part
  --check          compare the ratios with bench/baseline.json, exit 1 beyond the noise band or a broken bound
  --save-baseline  write bench/baseline.json from this run
  --render         measure nothing: write page and plots again from the last whole run here`;

function readNames(list, known, flag) {
  const names = (list ?? '').split(',').filter(Boolean);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`${flag}: there is no ${stranger}. Known: ${known.join(' ')}`);
  return names;
}

/** @throws Error that names the flag */
function readOptions(args) {
  const flags = ['quick', 'check', 'save-baseline', 'render', 'help'].map((name) => [
    name,
    { type: 'boolean' },
  ]);
  const words = ['rounds', 'only', 'scenario', 'of', 'before'].map((name) => [name, { type: 'string' }]);
  const { values } = parseArgs({ args, options: Object.fromEntries([...flags, ...words]) });
  const { quick = false, before, of = 'one-token' } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
    throw new Error(`--rounds: a whole number from 1 to ${MOST_ROUNDS}, not ${values.rounds}`);
  const only = readNames(values.only, CONTESTANTS, '--only');
  const scenario = readNames(values.scenario, NAMES, '--scenario');
  readNames(
    of,
    SCENARIOS.map(({ id }) => id),
    '--of',
  );
  const isPartial = quick || only.length > 0 || scenario.length > 0 || before !== undefined;
  if (values['save-baseline'] && isPartial) throw new Error('--save-baseline: only from a whole run');
  return { ...values, quick, rounds, only, scenario, of, before, isPartial };
}

function listVersions() {
  const readJson = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  const ask = (tool, pattern) => {
    const { stdout, stderr } = spawnSync(findTool(tool) ?? tool, ['-v'], { encoding: 'utf8', timeout: 5000 });
    return pattern.exec(`${stdout}${stderr}`)?.[1];
  };
  const tools = {
    'broker-guard': readJson('../package.json').version,
    node: process.versions.node,
    haproxy: ask('haproxy', /version (\S+)/),
    nginx: ask('nginx', /nginx\/(\S+)/),
    wrk: ask('wrk', /wrk (?:debian\/)?(\S+)/),
    openssl: process.versions.openssl,
    kernel: os.release().split('-')[0],
    cpu: `${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores`,
    ...readJson('./package.json').dependencies,
  };
  return Object.fromEntries(Object.entries(tools).filter(([, version]) => version !== undefined));
}

/** What every scenario is handed. */
async function openBench(options) {
  const missing = missingLoad();
  if (missing) throw new Error(missing);
  const cores = planCores();
  if (!cores.pinned) console.error(`bench: ${cores.note}`);
  const tokens = await openTokenStore();
  // Minting happens once a week and is not part of the bound.
  boundWholeRun((options.rounds * (options.quick ? 5 : 10) + 15) * MINUTE_MS);
  const [upstream, broker] = [await launchUpstream(cores), await launchUpstream(cores, 'busy')];
  const root = makeTempDirectory();
  const { publicKeyFile, publicKeys } = tokens;
  const field = { root, upstreamPort: upstream.port, publicKeyFile, publicKeys, issuers: 1, cores };
  return { options, cores, tokens, upstream, broker, field, started: {} };
}

async function measure(options) {
  const all = listContestants(options.before);
  const missing = new Map(all.map((one) => [one.id, one.missing()]));
  const present = all.filter(({ id }) => missing.get(id) === undefined);
  const skipped = all.flatMap(({ id, title }) =>
    missing.get(id) ? [{ id, title, reason: missing.get(id) }] : [],
  );
  for (const { title, reason } of skipped) console.error(`bench: SKIPPED ${title}: ${reason}`);
  if (!present.some(({ id }) => id === 'guard')) throw new Error('there is nothing to measure');
  const isWanted = ({ id, isOnRequest }) =>
    options.scenario.length === 0 ? !isOnRequest : options.scenario.includes(id);
  const bench = await openBench(options);
  const scenarios = SCENARIOS.filter(isWanted);
  const { rows, starts } = await runRounds({ ...bench, present, scenarios });
  const others = [];
  for (const { id, title, run } of options.only.length > 0 ? [] : OTHERS.filter(isWanted)) {
    console.error(`${id}: ${title}`);
    // One that fails loses its figures, never the run.
    const outcome = await run(bench).catch(({ message }) => ({
      note: `**INVALID:** ${message}`,
      figures: [],
    }));
    others.push({ id, title, ...outcome });
  }
  const { quick, rounds, only, scenario, isPartial } = options;
  return {
    at: new Date().toISOString(),
    options: { quick, rounds, only, scenario, isPartial },
    versions: listVersions(),
    cores: bench.cores.note,
    skipped,
    rows,
    starts,
    others,
  };
}

/** Only the page and the plots of a whole run are for docs/. */
function writeResults(results, ratios) {
  const { isPartial } = results.options;
  const directory = isPartial ? RESULTS : WHOLE;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(isPartial ? 'partial.json' : 'whole.json', RESULTS), `${JSON.stringify(results)}\n`);
  const write = (name, text) => writeFileSync(new URL(name, directory), text);
  write('README.md', formatReport(results, ratios));
  for (const [name, svg] of drawCharts(results)) write(name, svg);
  console.log(`wrote README.md and plots in ${fileURLToPath(directory)}`);
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const results = options.render
    ? JSON.parse(readFileSync(new URL('whole.json', RESULTS), 'utf8'))
    : await measure(options);
  const ratios = computeRatios(results);
  writeResults(results, ratios);
  const hasRows = Object.keys(results.rows).length > 0;
  console.log(
    [...(hasRows ? formatRatios(ratios) : []), '', ...results.others.flatMap(formatFigures)].join('\n'),
  );
  const failed = [
    Object.keys(results.rows).some((id) => isInvalid(results, id, 'guard')) &&
      'a row of the guard is INVALID',
    results.others.some(({ figures }) => figures.length === 0) && 'a scenario is INVALID',
    options.check && !holdsBaseline(ratios) && 'WORSE than the baseline beyond noise',
    options.check && breaksBound(results) && 'a bound is BROKEN',
  ].filter(Boolean);
  for (const what of failed) console.error(`bench: ${what}, see above`);
  process.exitCode = failed.length > 0 ? 1 : 0;
  if (options['save-baseline']) saveBaseline(results, ratios);
  return undefined;
}

const breaksBound = ({ others }) =>
  others.some(({ figures }) =>
    figures.some(
      ({ spread, bound, direction }) => isMet({ value: spread?.median, bound, direction }) === false,
    ),
  );

main().then(
  () => process.exit(),
  (error) => {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  },
);
