// Writes a run's results as a Markdown page. Measures nothing, decides nothing.
import { listContestants } from './contestants/registry.mjs';
import { formatNumber, formatSpread } from './figures.mjs';
import { isMet } from './goals.mjs';
import { SCENARIOS } from './scenarios.mjs';

const MB = 1e6;
const KNOWN = new Map([
  ...listContestants('').map((one) => [one.id, one]),
  ['direct', { title: 'direct, nothing between', checks: 'no' }],
]);

export const titleOf = (id) => KNOWN.get(id)?.title ?? id;

const tableLine = (...cells) => `| ${cells.join(' | ')} |`;

function formatRow(id, { problems, figures }) {
  const name = [id === 'guard' ? `**${titleOf(id)}**` : titleOf(id), KNOWN.get(id)?.checks ?? 'no'];
  if (problems.length > 0) return tableLine(...name, `**INVALID:** ${problems.join('; ')}`, '', '', '', '');
  const { cpuUs, perSecond, p50Us, p99Us, residentPeak } = figures;
  return tableLine(
    ...name,
    formatSpread(cpuUs),
    formatSpread(perSecond),
    formatSpread(p50Us, 1000),
    formatSpread(p99Us, 1000),
    id === 'direct' ? '–' : formatSpread(residentPeak, MB),
  );
}

/** What each contestant adds to the median latency of the upstream alone. */
function formatAddedLatency(rows) {
  const direct = rows.direct?.figures.p50Us?.median;
  if (direct === undefined) return [];
  const added = Object.entries(rows)
    .filter(([id, row]) => id !== 'direct' && row.problems.length === 0)
    .map(([id, row]) => `${titleOf(id)} ${formatNumber(row.figures.p50Us.median - direct)}`);
  return ['', `Added to the direct p50 of ${formatNumber(direct)} us, in us: ${added.join('; ')}.`];
}

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

function describeVerdict(ratio) {
  if (ratio.isBroken) return '**invalid row**';
  const met = isMet(ratio);
  return met === undefined ? 'not measured' : met ? 'met' : '**not met**';
}

function formatRatio(ratio) {
  const { title, value, bound, reach, direction } = ratio;
  const target = `${direction} ${bound}${reach === undefined ? '' : ` (reach for ${reach})`}`;
  return tableLine(title, value === undefined ? '–' : formatNumber(value), target, describeVerdict(ratio));
}

export const formatRatios = (ratios) => [
  '| ratio | this run | target | |',
  '|---|---|---|---|',
  ...ratios.map(formatRatio),
];

/** What else was measured, each with its bound where it has one. */
export const formatFigures = ({ title, note, figures }) => [
  `## ${title}`,
  '',
  ...(note ? [`${note}.`, ''] : []),
  '| figure | this run | bound | |',
  '|---|---|---|---|',
  ...figures.map(({ what, spread, unit, bound, direction }) =>
    tableLine(
      what,
      `${formatSpread(spread)} ${unit}`.trim(),
      ...(bound === undefined
        ? ['', '']
        : [`${direction} ${bound}`, describeVerdict({ value: spread?.median, bound, direction })]),
    ),
  ),
  '',
];

function formatStarts({ starts }) {
  const rows = Object.entries(starts).map(([name, { startMs, idleBytes }]) =>
    tableLine(
      name.includes('@') ? name.replace('@', ', key files: ') : titleOf(name),
      formatSpread(startMs),
      formatSpread(idleBytes, MB),
    ),
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

export function formatReport(results, ratios) {
  const { at, options, cores, skipped, versions } = results;
  const rounds = `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds, medians (minimum–maximum)'}`;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# Bench of broker-guard',
    '',
    `${at.slice(0, 10)}; ${rounds}${options.isPartial ? '; a partial or quick run' : ''}; load by wrk; ${cores}.`,
    '',
    `${list.join(', ')}.`,
    '',
    ...skipped.flatMap(({ title, reason }) => [`Skipped: ${title}: ${reason}.`, '']),
    ...(Object.keys(results.rows).length > 0 ? ['## Targets', '', ...formatRatios(ratios), ''] : []),
    ...SCENARIOS.flatMap((scenario) => formatScenario(results, scenario)),
    ...formatStarts(results),
    ...results.others.flatMap(formatFigures),
  ].join('\n');
}
