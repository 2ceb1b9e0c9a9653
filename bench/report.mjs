// Writes a run's results as a Markdown page. Measures nothing, decides nothing.
import { CONTESTANTS } from './contestants/registry.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { formatNumber } from './svg.mjs';

const MB = 1e6;
const TITLES = new Map([
  ...CONTESTANTS.map(({ id, title }) => /** @type {[string, string]} */ ([id, title])),
  ['before', 'broker-guard, the version before'],
  ['direct', 'direct, nothing between'],
]);
const CHECKS = new Map(CONTESTANTS.map(({ id, checks }) => [id, checks]));

/** @typedef {import('./results.mjs').Results} Results */
/** @typedef {import('./results.mjs').Spread} Spread */

/** @param {string} id */
export const titleOf = (id) => TITLES.get(id) ?? id;

/** @param {Spread | undefined} spread @param {number} unit how many of the stored unit one of the shown is */
function formatSpread(spread, unit = 1) {
  if (spread === undefined) return '–';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    formatNumber(value / unit),
  );
  return min === max ? median : `${median} (${min}–${max})`;
}

/** @param {string[]} cells */
const tableLine = (cells) => `| ${cells.join(' | ')} |`;

/** @param {string} id @param {import('./results.mjs').Row} row */
function formatRow(id, row) {
  const name = id === 'guard' ? `**${titleOf(id)}**` : titleOf(id);
  if (row.problems.length > 0) {
    return tableLine([
      name,
      CHECKS.get(id) ?? 'no',
      `**INVALID:** ${row.problems.join('; ')}`,
      '',
      '',
      '',
      '',
    ]);
  }
  const { cpuUs, perSecond, p50Us, p99Us, residentPeak } = row.figures;
  return tableLine([
    name,
    CHECKS.get(id) ?? 'no',
    formatSpread(cpuUs),
    formatSpread(perSecond),
    formatSpread(p50Us, 1000),
    formatSpread(p99Us, 1000),
    id === 'direct' ? '–' : formatSpread(residentPeak, MB),
  ]);
}

/** What each contestant adds to the median latency of the upstream alone. @param {Record<string, import('./results.mjs').Row>} rows */
function formatAddedLatency(rows) {
  const direct = rows.direct?.figures.p50Us?.median;
  if (direct === undefined) return [];
  const added = Object.entries(rows)
    .filter(([id, row]) => id !== 'direct' && row.problems.length === 0)
    .map(([id, row]) => `${titleOf(id)} ${formatNumber((row.figures.p50Us?.median ?? 0) - direct)}`);
  return ['', `Added to the direct p50 of ${formatNumber(direct)} us, in us: ${added.join('; ')}.`];
}

/** @param {Results} results @param {import('./scenarios.mjs').Scenario} scenario */
function formatScenario(results, { id, title, load }) {
  const rows = results.rows[id];
  if (!rows) return [];
  const remarks = Object.entries(rows).flatMap(([name, row]) =>
    row.remarks.map((remark) => `${titleOf(name)}: ${remark}.`),
  );
  return [
    `## ${title}`,
    '',
    `\`${id}\`, ${load.connections} ${load.connections === 1 ? 'connection' : 'connections'}.`,
    '',
    '| contestant | checks the token | CPU us/request | requests/s | p50 ms | p99 ms | peak RSS MB |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(rows).map(([name, row]) => formatRow(name, row)),
    ...(id === 'one-connection' ? formatAddedLatency(rows) : []),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
    '',
  ];
}

/** @param {import('./targets.mjs').Ratio} ratio */
function formatRatio({ title, value, isBroken, bound, reach, direction, isMet }) {
  const target = `${direction} ${bound}${reach === undefined ? '' : ` (reach for ${reach})`}`;
  const verdict = isBroken
    ? '**invalid row**'
    : isMet === undefined
      ? 'not measured'
      : isMet
        ? 'met'
        : '**not met**';
  return tableLine([title, value === undefined ? '–' : formatNumber(value), target, verdict]);
}

/** @param {import('./targets.mjs').Ratio[]} ratios */
export function formatRatios(ratios) {
  return ['| ratio | this run | target | |', '|---|---|---|---|', ...ratios.map(formatRatio)];
}

/** @param {Results} results */
function formatStarts({ starts }) {
  const rows = Object.entries(starts).map(([name, { startMs, idleBytes }]) =>
    tableLine([
      name.includes('@') ? name.replace('@', ', key files: ') : titleOf(name),
      formatSpread(startMs),
      formatSpread(idleBytes, MB),
    ]),
  );
  if (rows.length === 0) return [];
  return [
    '## Start-up',
    '',
    '| contestant | ms until it serves | RSS MB then |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

/** @param {Results} results @param {import('./targets.mjs').Ratio[]} ratios @returns {string} */
export function formatReport(results, ratios) {
  const { at, options, cores, loadTool, skipped, versions } = results;
  const rounds = `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds, medians (minimum–maximum)'}`;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# Bench of broker-guard',
    '',
    `${at.slice(0, 10)}; ${rounds}${options.isPartial ? '; a partial or quick run' : ''}; load by ${loadTool}; ${cores}.`,
    '',
    `${list.join(', ')}.`,
    '',
    ...skipped.map(({ title, reason }) => `Skipped: ${title}: ${reason}.`),
    ...(skipped.length > 0 ? [''] : []),
    '## Targets',
    '',
    ...formatRatios(ratios),
    '',
    ...SCENARIOS.flatMap((scenario) => formatScenario(results, scenario)),
    ...formatStarts(results),
  ].join('\n');
}
