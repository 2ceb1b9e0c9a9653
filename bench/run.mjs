// The bench's one command: runs the scenarios round by round, contestants interleaved, and writes what came out.
// Composes only; the parts are described in README.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawCharts } from './charts.mjs';
import { compareRatios, readBaseline, saveBaseline } from './check.mjs';
import { boundWholeRun, makeTempDirectory } from './children.mjs';
import { CONTESTANTS, guardBefore } from './contestants/registry.mjs';
import { planCores } from './cores.mjs';
import { launchUpstream } from './launch.mjs';
import { loadTool } from './load.mjs';
import { readOptions, USAGE } from './options.mjs';
import { formatRatios, formatReport } from './report.mjs';
import { isInvalid } from './results.mjs';
import { runRounds } from './rounds.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { computeRatios } from './targets.mjs';
import { openTokenStore } from './tokens.mjs';
import { listVersions } from './versions.mjs';

const QUICK_LIMIT_MS = 180_000;
const ROUND_LIMIT_MS = 600_000;
const RESULTS = new URL('./results/', import.meta.url);
const PLOTS = new URL('../docs/bench/', import.meta.url);

/** @param {import('./options.mjs').Options} options @returns {Promise<import('./results.mjs').Results>} */
async function measure(options) {
  const cores = planCores();
  const tokens = await openTokenStore();
  // Minting happens once a week and is not part of the bound.
  boundWholeRun(options.quick ? QUICK_LIMIT_MS * options.rounds : ROUND_LIMIT_MS * options.rounds);
  const upstream = await launchUpstream(cores);
  const broker = await launchUpstream(cores, 'broker.mjs');
  const field = options.before === undefined ? CONTESTANTS : [...CONTESTANTS, guardBefore(options.before)];
  const skipped = field.flatMap(({ id, title, missing }) => {
    const reason = missing();
    return reason === undefined ? [] : [{ id, title, reason }];
  });
  for (const { title, reason } of skipped) console.error(`bench: SKIPPED ${title}: ${reason}`);
  if (!cores.pinned) console.error(`bench: ${cores.note}`);
  const present = field.filter(({ id }) => !skipped.some((one) => one.id === id));
  const scenarios = SCENARIOS.filter(
    ({ id }) => options.scenario.length === 0 || options.scenario.includes(id),
  );
  const { rows, starts } = await runRounds({
    present,
    scenarios,
    options,
    tokens,
    upstream,
    broker,
    cores,
    root: makeTempDirectory(),
  });
  const { quick, rounds, only, scenario, isPartial } = options;
  return {
    at: new Date().toISOString(),
    options: { quick, rounds, only, scenario, isPartial },
    versions: listVersions(),
    cores: cores.note,
    loadTool: loadTool(),
    skipped,
    rows,
    starts,
  };
}

/** A quick or partial run never overwrites a whole one, and plots in docs/ come from whole ones only. @param {import('./results.mjs').Results} results @param {import('./targets.mjs').Ratio[]} ratios */
function writeResults(results, ratios) {
  const { isPartial } = results.options;
  const [name, plots] = isPartial ? ['partial', RESULTS] : ['latest', PLOTS];
  mkdirSync(RESULTS, { recursive: true });
  mkdirSync(plots, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify({ ...results, ratios }, null, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, RESULTS), formatReport(results, ratios));
  for (const [file, svg] of drawCharts(results)) writeFileSync(new URL(file, plots), svg);
  console.log(`wrote ${fileURLToPath(RESULTS)}${name}.{json,md} and plots in ${fileURLToPath(plots)}`);
}

/** @param {import('./targets.mjs').Ratio[]} ratios @param {boolean} isPartial @returns {boolean} whether the baseline still holds */
function checkAgainstBaseline(ratios, isPartial) {
  const baseline = readBaseline();
  const { isWorse, lines } = compareRatios(ratios, baseline.ratios);
  console.log(`compared with the baseline of ${baseline.at.slice(0, 10)}, Node ${baseline.versions.node}:`);
  for (const line of lines) console.log(`  ${line}`);
  if (isPartial)
    console.log(
      '  a quick or partial run is noisier than the bands assume: repeat it in full before you believe it',
    );
  console.log(
    isWorse ? 'WORSE than the baseline beyond noise' : 'no ratio is worse than the baseline beyond noise',
  );
  return !isWorse;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const results = options.render
    ? JSON.parse(readFileSync(new URL('latest.json', RESULTS), 'utf8'))
    : await measure(options);
  const ratios = computeRatios(results);
  writeResults(results, ratios);
  console.log(formatRatios(ratios).join('\n'));
  if (Object.keys(results.rows).some((scenario) => isInvalid(results, scenario, 'guard'))) {
    console.error('bench: a row of the guard is INVALID, see above');
    process.exitCode = 1;
  }
  if (options.check && !checkAgainstBaseline(ratios, results.options.isPartial)) process.exitCode = 1;
  if (options.saveBaseline) saveBaseline(results, ratios);
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  },
);
