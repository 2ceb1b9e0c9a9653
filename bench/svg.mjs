// Draws two kinds of plot as SVG text, readable on light and on dark pages: horizontal bars and lines.
// Knows numbers, words and colours; nothing about the bench.

/** @typedef {{ label: string, value: number, min: number, max: number, colour?: string, heading?: string }} Bar */
/** @typedef {{ label: string, colour: string, points: { x: number, value: number, min: number, max: number }[] }} Series */

const WIDTH = 860;
const LABEL_HEIGHT = 14;
const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}
.soft{fill:#57606a;font-size:12px}.head{font-weight:600}.grid{stroke:#8c959f;stroke-opacity:.3}
.spread{stroke:#24292f;stroke-width:1.5;stroke-opacity:.75}.bound{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:5 4}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9da7b3}.spread{stroke:#e6edf3}}`;

export const COLOURS = {
  own: '#0969da',
  orange: '#d1720c',
  green: '#3f9142',
  purple: '#8250df',
  grey: '#8c959f',
};

/** @param {string} text */
const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param {number} x @param {number} y @param {string} words @param {string} [attributes] */
const text = (x, y, words, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(words)}</text>`;

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} name */
const line = (x1, y1, x2, y2, name) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${name}"/>`;

/** Three significant digits. @param {number} value */
export const formatNumber = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));

/** About five round steps from zero. @param {number} top */
function listTicks(top) {
  const rough = top / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    /** @type {number[]} */ ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** @param {number} height @param {string} title @param {string} note @param {string[]} parts */
const wrap = (height, title, note, parts) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}">
<style>${STYLE}</style>
${text(16, 26, title, 'class="title"')}
${text(16, 46, note, 'class="soft"')}
${parts.join('\n')}
</svg>
`;

/**
 * Horizontal bars from zero with their spread; `heading` starts a group.
 * @param {{ title: string, note: string, unit: string, bars: Bar[], bound?: { value: number, label: string } }} plot
 * @returns {string}
 */
export function drawBars({ title, note, unit, bars, bound }) {
  const left = 370;
  const right = WIDTH - 80;
  const top = Math.max(...bars.map(({ max }) => max), bound?.value ?? 0) * 1.02;
  /** @param {number} value */
  const scale = (value) => left + (value / top) * (right - left);
  const parts = [];
  let y = 64;
  for (const bar of bars) {
    if (bar.heading !== undefined) {
      y += 10;
      parts.push(text(16, y + 14, bar.heading, 'class="head"'));
      y += 24;
    }
    const colour = bar.colour ?? COLOURS.grey;
    parts.push(text(left - 8, y + 14, bar.label, 'text-anchor="end"'));
    parts.push(
      `<rect x="${left}" y="${y + 2}" width="${(scale(bar.value) - left).toFixed(1)}" height="16" rx="2" fill="${colour}"/>`,
    );
    if (bar.max > bar.min) parts.push(line(scale(bar.min), y + 10, scale(bar.max), y + 10, 'spread'));
    parts.push(text(scale(bar.max) + 6, y + 14, formatNumber(bar.value)));
    y += 24;
  }
  const grid = listTicks(top).flatMap((tick) => [
    line(scale(tick), 60, scale(tick), y, 'grid'),
    text(scale(tick), y + 16, formatNumber(tick), 'text-anchor="middle" class="soft"'),
  ]);
  if (bound) {
    parts.push(line(scale(bound.value), 60, scale(bound.value), y, 'bound'));
    parts.push(text(scale(bound.value) - 4, 58, bound.label, 'text-anchor="end" class="soft"'));
  }
  parts.push(text((left + right) / 2, y + 36, unit, 'text-anchor="middle" class="soft"'));
  return wrap(y + 48, title, note, [...grid, ...parts]);
}

/**
 * A number is left out where it would lie on one already there: the point still shows it.
 * @param {Series} series @param {(x: number) => number} across @param {(value: number) => number} up
 * @param {{ x: number, y: number }[]} taken places of numbers so far
 */
function drawSeries(series, across, up, taken) {
  /** @param {number} x @param {number} value */
  const label = (x, value) => {
    const place = { x: across(x) + 7, y: up(value) - 7 };
    if (taken.some((other) => other.x === place.x && Math.abs(other.y - place.y) < LABEL_HEIGHT)) return '';
    taken.push(place);
    return text(place.x, place.y, formatNumber(value), 'class="soft"');
  };
  const path = series.points
    .map(({ x, value }) => `${across(x).toFixed(1)},${up(value).toFixed(1)}`)
    .join(' ');
  const marks = series.points.flatMap(({ x, value, min, max }) => [
    line(across(x), up(min), across(x), up(max), 'spread'),
    `<circle cx="${across(x).toFixed(1)}" cy="${up(value).toFixed(1)}" r="4" fill="${series.colour}"/>`,
    label(x, value),
  ]);
  return [`<polyline points="${path}" fill="none" stroke="${series.colour}" stroke-width="2"/>`, ...marks];
}

/**
 * Lines over a logarithmic x axis, y from zero.
 * @param {{ title: string, note: string, xLabel: string, yLabel: string, series: Series[] }} plot
 * @returns {string}
 */
export function drawLines({ title, note, xLabel, yLabel, series }) {
  const [left, right, floor, ceiling] = [70, WIDTH - 60, 330, 70];
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const lastLog = Math.log10(Math.max(...xs, 10));
  const top = Math.max(...points.map(({ max }) => max)) * 1.12;
  /** @param {number} x */
  const across = (x) => left + 16 + (Math.log10(x) / lastLog) * (right - left - 32);
  /** @param {number} value */
  const up = (value) => floor - (value / top) * (floor - ceiling);
  const grid = listTicks(top).flatMap((tick) => [
    line(left, up(tick), right, up(tick), 'grid'),
    text(left - 8, up(tick) + 4, formatNumber(tick), 'text-anchor="end" class="soft"'),
  ]);
  const columns = xs.map((x) =>
    text(across(x), floor + 18, formatNumber(x), 'text-anchor="middle" class="soft"'),
  );
  const legend = series.flatMap(({ label, colour }, index) => {
    const x = left + (index % 2) * 380;
    const y = floor + 66 + Math.floor(index / 2) * 20;
    return [`<circle cx="${x}" cy="${y - 4}" r="5" fill="${colour}"/>`, text(x + 12, y, label)];
  });
  const labels = [
    text((left + right) / 2, floor + 40, xLabel, 'text-anchor="middle" class="soft"'),
    text(18, 200, yLabel, 'text-anchor="middle" class="soft" transform="rotate(-90 18 200)"'),
  ];
  /** @type {{ x: number, y: number }[]} */
  const taken = [];
  const height = floor + 80 + Math.floor((series.length - 1) / 2) * 20;
  const lines = series.flatMap((one) => drawSeries(one, across, up, taken));
  return wrap(height, title, note, [...grid, ...columns, ...labels, ...lines, ...legend]);
}
