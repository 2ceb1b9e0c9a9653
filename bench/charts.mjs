// Which plots a run gets: names, axes and the figures behind them. Draws with svg.mjs.
import { titleOf } from './report.mjs';
import { findSpread } from './results.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { COLOURS, drawBars, drawLines } from './svg.mjs';

/** @typedef {import('./results.mjs').Results} Results */

const CPU_UNIT = 'CPU microseconds per request (median; line: minimum to maximum)';
const MB = 1e6;
const COLOUR_OF = /** @type {Record<string, string>} */ ({
  guard: COLOURS.own,
  'haproxy-jwt': COLOURS.orange,
  fastify: COLOURS.green,
  undici: COLOURS.purple,
});
const LIMIT_MB = 120;

/** @param {Results} results */
const noteOf = ({ at, versions, options }) =>
  `${at.slice(0, 10)}, Node ${versions.node}, one core each, ${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}; less is better`;

/** @param {Results} results @param {string} scenario @param {string} id @param {string} label */
function barOf(results, scenario, id, label) {
  const spread = findSpread(results, scenario, id, 'cpuUs');
  if (!spread) return [];
  return [
    { label, value: spread.median, min: spread.min, max: spread.max, colour: COLOUR_OF[id] ?? COLOURS.grey },
  ];
}

/** @param {Results} results @param {string[]} scenarios @param {string[]} contestants */
function groupBars(results, scenarios, contestants) {
  return scenarios.flatMap((scenario) => {
    const bars = contestants.flatMap((id) => barOf(results, scenario, id, shortTitleOf(id)));
    const heading = SCENARIOS.find(({ id }) => id === scenario)?.title ?? scenario;
    return bars.map((bar, index) => (index === 0 ? { ...bar, heading } : bar));
  });
}

/** Fits beside a bar. @param {string} id */
const shortTitleOf = (id) =>
  titleOf(id).replace('@fastify/', '').replace('@fastify/', '').replace(', as documented', '');

/** @param {Results} results */
function drawOneToken(results) {
  const ids = Object.keys(results.rows['one-token'] ?? {});
  const bars = ids.flatMap((id) => barOf(results, 'one-token', id, shortTitleOf(id)));
  bars.sort((a, b) => a.value - b.value);
  const title = 'Small GET, one token, 32 connections';
  return bars.length > 0 && drawBars({ title, note: noteOf(results), unit: CPU_UNIT, bars });
}

/** @param {Results} results */
function drawScenarios(results) {
  const wanted = SCENARIOS.map(({ id }) => id).filter((id) =>
    /^(rotation|new-|refused-|whole-|body-)/.test(id),
  );
  const bars = groupBars(results, wanted, ['guard', 'haproxy-jwt', 'fastify']);
  const title = 'Other work: the guard and the two nearest that check tokens';
  return bars.length > 0 && drawBars({ title, note: noteOf(results), unit: CPU_UNIT, bars });
}

/** @param {Results} results */
function drawBodies(results) {
  const contestants = ['guard', 'undici', 'haproxy-jwt', 'nginx', 'fastify', 'koa', 'express'];
  const bars = groupBars(results, ['download-10m', 'upload-10m'], contestants);
  const title = '10 MiB bodies, 4 connections';
  return bars.length > 0 && drawBars({ title, note: noteOf(results), unit: CPU_UNIT, bars });
}

/** @param {Results} results @param {string} id @param {[number, string][]} steps x and its scenario */
function seriesOf(results, id, steps) {
  const points = steps.flatMap(([x, scenario]) => {
    const spread = findSpread(results, scenario, id, 'cpuUs');
    return spread ? [{ x, value: spread.median, min: spread.min, max: spread.max }] : [];
  });
  return points.length > 0
    ? [{ label: shortTitleOf(id), colour: COLOUR_OF[id] ?? COLOURS.grey, points }]
    : [];
}

/** @param {Results} results @param {string} title @param {string} xLabel @param {string[]} ids @param {[number, string][]} steps */
function drawGrowth(results, title, xLabel, ids, steps) {
  const series = ids.flatMap((id) => seriesOf(results, id, steps));
  const yLabel = 'CPU us per request';
  return series.length > 0 && drawLines({ title, note: noteOf(results), xLabel, yLabel, series });
}

/** @param {Results} results */
function drawIssuers(results) {
  const title = 'Cost per request as issuers grow, 1,000 tokens in rotation';
  return drawGrowth(
    results,
    title,
    'key files (log scale)',
    ['guard'],
    [
      [1, 'issuers-1'],
      [100, 'issuers-100'],
      [10_000, 'issuers-10000'],
    ],
  );
}

/** @param {Results} results */
function drawConnections(results) {
  const title = 'Cost per request as connections grow, one token';
  return drawGrowth(results, title, 'connections (log scale)', Object.keys(COLOUR_OF), [
    [1, 'one-connection'],
    [10, 'connections-10'],
    [32, 'one-token'],
    [1000, 'connections-1000'],
  ]);
}

/** @param {Results} results */
function drawMemory(results) {
  const bars = SCENARIOS.flatMap(({ id, title }) => {
    const spread = findSpread(results, id, 'guard', 'residentPeak');
    if (!spread) return [];
    const [value, min, max] = [spread.median / MB, spread.min / MB, spread.max / MB];
    const label = title
      .replace(/: .*tokens, lists.*$/, '')
      .replace(', 1,000 tokens of 100 issuers in rotation', '');
    return [{ label, value, min, max, colour: COLOURS.own }];
  });
  const bound = { value: LIMIT_MB, label: `target ${LIMIT_MB} MB` };
  const unit = 'MB resident, highest sample (median of the rounds; line: minimum to maximum)';
  const title = 'Resident memory of the guard in each scenario';
  return bars.length > 0 && drawBars({ title, note: noteOf(results), unit, bars, bound });
}

/** File name and SVG text of every plot this run has figures for. @param {Results} results @returns {[string, string][]} */
export function drawCharts(results) {
  const charts = /** @type {[string, string | false][]} */ ([
    ['cpu-one-token.svg', drawOneToken(results)],
    ['cpu-scenarios.svg', drawScenarios(results)],
    ['cpu-bodies.svg', drawBodies(results)],
    ['growth-issuers.svg', drawIssuers(results)],
    ['growth-connections.svg', drawConnections(results)],
    ['memory.svg', drawMemory(results)],
  ]);
  return /** @type {[string, string][]} */ (charts.filter(([, svg]) => svg !== false));
}
