// Which plots a run gets: names, axes and the figures behind them. Draws with svg.mjs.
import { findSpread } from './figures.mjs';
import { titleOf } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { COLOURS, drawBars, drawLines } from './svg.mjs';

const SPREAD = '(median; line: minimum to maximum)';
const MB = 1e6;
const COLOUR_OF = {
  guard: COLOURS.own,
  'haproxy-jwt': COLOURS.orange,
  fastify: COLOURS.green,
  undici: COLOURS.purple,
};
const NEAREST = ['guard', 'haproxy-jwt', 'fastify'];
const LARGE = ['guard', 'undici', 'haproxy-jwt', 'nginx', 'fastify', 'koa', 'express'];

/** Fits beside a bar. */
const shortTitleOf = (id) => titleOf(id).replaceAll('@fastify/', '').replace(', as documented', '');

const toPoint = ({ median, min, max }, unit = 1) => ({
  value: median / unit,
  min: min / unit,
  max: max / unit,
});

const barsOf = (results, scenario, ids) =>
  ids.flatMap((id) => {
    const spread = findSpread(results, scenario, id, 'cpuUs');
    return spread ? [{ label: shortTitleOf(id), colour: COLOUR_OF[id], ...toPoint(spread) }] : [];
  });

/** The first bar of a group has the scenario's title above it. */
const groupBars = (results, pattern, ids) =>
  SCENARIOS.filter(({ id }) => pattern.test(id)).flatMap(({ id, title }) =>
    barsOf(results, id, ids).map((bar, index) => (index === 0 ? { ...bar, heading: title } : bar)),
  );

const seriesOf = (results, ids, steps) =>
  ids.flatMap((id) => {
    const points = Object.entries(steps).flatMap(([scenario, x]) => {
      const spread = findSpread(results, scenario, id, 'cpuUs');
      return spread ? [{ x, ...toPoint(spread) }] : [];
    });
    return points.length > 0 ? [{ label: shortTitleOf(id), colour: COLOUR_OF[id], points }] : [];
  });

const memoryBars = (results) =>
  SCENARIOS.flatMap(({ id, title }) => {
    const spread = findSpread(results, id, 'guard', 'residentPeak');
    const label = title.replace(
      /: .*tokens, lists.*$|, 20 us a request.*$|, 1,000 tokens of 100 issuers.*$/,
      '',
    );
    return spread ? [{ label, colour: COLOURS.own, ...toPoint(spread, MB) }] : [];
  });

/** File name and SVG text of every plot this run has figures for. */
export function drawCharts(results) {
  const { at, versions, options } = results;
  const rounds = `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}`;
  const note = `${at.slice(0, 10)}, Node ${versions.node}, one core each, ${rounds}; less is better`;
  const bars = (title, list, unit = 'CPU microseconds per request', bound = undefined) =>
    list.length > 0 && drawBars({ title, note, unit: `${unit} ${SPREAD}`, bars: list, bound });
  const growth = (what, xLabel, ids, steps) => {
    const series = seriesOf(results, ids, steps);
    const title = `Cost per request as ${what}`;
    return series.length > 0 && drawLines({ title, note, xLabel, yLabel: 'CPU us per request', series });
  };
  const oneToken = barsOf(results, 'one-token', Object.keys(results.rows['one-token'] ?? {}));
  oneToken.sort((a, b) => a.value - b.value);
  const otherWork = groupBars(results, /^(?:rotation|new-|refused-|whole-|body-)/, NEAREST);
  const charts = {
    'cpu-one-token.svg': bars('Small GET, one token, 32 connections', oneToken),
    'cpu-scenarios.svg': bars('Other work: the guard and the two nearest that check tokens', otherWork),
    'cpu-bodies.svg': bars('10 MiB bodies, 4 connections', groupBars(results, /-10m$/, LARGE)),
    'growth-issuers.svg': growth(
      'issuers grow, 1,000 tokens in rotation',
      'key files, logarithmic',
      ['guard'],
      { 'issuers-1': 1, 'issuers-100': 100, 'issuers-10000': 10_000 },
    ),
    'growth-connections.svg': growth(
      'connections grow, one token',
      'connections, logarithmic',
      Object.keys(COLOUR_OF),
      { 'one-connection': 1, 'connections-10': 10, 'one-token': 32, 'connections-1000': 1000 },
    ),
    'memory.svg': bars(
      'Resident memory of the guard in each scenario',
      memoryBars(results),
      'MB resident, highest sample',
      { value: 120, label: 'target 120 MB' },
    ),
  };
  return Object.entries(charts).filter(([, svg]) => svg !== false);
}
