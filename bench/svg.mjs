// Draws two kinds of plot as SVG text, readable on light and on dark pages: horizontal bars, and lines. An axis is
// logarithmic where one value would press the others together. No label may touch another, or a line: a plot in which one
// does is not drawn. Knows numbers, words and colours; nothing about the bench.
import { formatNumber } from './figures.mjs';

const WIDTH = 860;
const FONT = 13;
/** Of the height of a letter, at least as wide as system fonts are on average. */
const LETTER_WIDTH = 0.56;
/** On either side of a label. */
const AIR = 2;
/** From this ratio of the largest to the smallest value on. */
const LOG_FROM = 8;
const STYLE = `text{font:${FONT}px system-ui,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}
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

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const fix = (number) => number.toFixed(1);

const overlap = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Whether a line between two points comes into a box: it is cut off at the box's sides one after the other. */
function crosses({ from, to }, box) {
  let [enter, leave] = [0, 1];
  for (const [at, low, high] of [
    ['x', box.left, box.right],
    ['y', box.top, box.bottom],
  ]) {
    const length = to[at] - from[at];
    if (length === 0 && (from[at] <= low || from[at] >= high)) return false;
    if (length === 0) continue;
    const ends = [(low - from[at]) / length, (high - from[at]) / length];
    enter = Math.max(enter, Math.min(...ends));
    leave = Math.min(leave, Math.max(...ends));
  }
  return enter < leave;
}

class Drawing {
  #parts = [];
  /** What labels keep away from. */
  #labels = [];
  #marks = [];
  #lines = [];

  rect(x, y, width, height, colour) {
    this.#parts.push(
      `<rect x="${fix(x)}" y="${fix(y)}" width="${fix(width)}" height="${height}" rx="2" fill="${colour}"/>`,
    );
    this.#marks.push({ left: x, right: x + width, top: y, bottom: y + height });
  }

  dot(x, y, colour, radius = 4) {
    this.#parts.push(`<circle cx="${fix(x)}" cy="${fix(y)}" r="${radius}" fill="${colour}"/>`);
    this.#marks.push({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });
  }

  line(x1, y1, x2, y2, name) {
    this.#parts.push(
      `<line x1="${fix(x1)}" y1="${fix(y1)}" x2="${fix(x2)}" y2="${fix(y2)}" class="${name}"/>`,
    );
    // Labels may lie on the grid, which is pale.
    if (name !== 'grid') this.#lines.push({ from: { x: x1, y: y1 }, to: { x: x2, y: y2 } });
  }

  polyline(points, colour) {
    const path = points.map(({ x, y }) => `${fix(x)},${fix(y)}`).join(' ');
    this.#parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const [index, to] of points.slice(1).entries()) this.#lines.push({ from: points[index], to });
  }

  text(x, y, words, look = {}) {
    this.#write(placeLabel(x, y, words, look), look);
  }

  /** At the first of these places where it touches nothing so far. Gives whether there is one. */
  textWhereFree(places, words, look = {}) {
    const labels = places.map(({ x, y, anchor }) => placeLabel(x, y, words, { ...look, anchor }));
    const free = labels.find((label) => this.#findTouched(label) === undefined);
    if (free !== undefined) this.#write(free, { ...look, anchor: free.anchor });
    return free !== undefined;
  }

  #findTouched(label) {
    const { box } = label;
    if (box.left < 0 || box.right > WIDTH) return 'the edge';
    const other = this.#labels.find((one) => one !== label && overlap(one.box, box));
    if (other !== undefined) return `"${other.words}"`;
    if (this.#marks.some((mark) => overlap(mark, box))) return 'a mark';
    return this.#lines.some((line) => crosses(line, box)) ? 'a line' : undefined;
  }

  #write(label, { name = '', anchor = 'start', isUpright = false }) {
    this.#labels.push(label);
    const { x, y, words } = label;
    const turn = isUpright ? ` transform="rotate(-90 ${fix(x)} ${fix(y)})"` : '';
    this.#parts.push(
      `<text x="${fix(x)}" y="${fix(y)}" class="${name}" text-anchor="${anchor}"${turn}>${escapeXml(words)}</text>`,
    );
  }

  /** @throws Error where a label touches something */
  finish(height, title) {
    for (const label of this.#labels) {
      const touched = this.#findTouched(label);
      if (touched !== undefined) throw new Error(`${title}: the label "${label.words}" touches ${touched}`);
    }
    const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}">`;
    return `${head}\n<style>${STYLE}</style>\n${this.#parts.join('\n')}\n</svg>\n`;
  }
}

/** The box that a label takes, a little more than its letters. */
function placeLabel(x, y, words, { name = '', anchor = 'start', isUpright = false }) {
  const size = name === 'title' ? 16 : name === 'soft' ? 12 : FONT;
  const isBold = name === 'title' || name === 'head';
  const width = words.length * size * LETTER_WIDTH * (isBold ? 1.08 : 1);
  const left = anchor === 'start' ? 0 : anchor === 'middle' ? -width / 2 : -width;
  const [above, below] = [size * 0.8, size * 0.25];
  const box = isUpright
    ? { left: x - above, right: x + below, top: y - width - left, bottom: y - left }
    : { left: x + left - AIR, right: x + left + width + AIR, top: y - above, bottom: y + below };
  return { x, y, words, anchor, box };
}

/** A value's place between 0 and 1, and round steps to mark. */
function planAxis(values, extra = []) {
  const [least, most] = [Math.min(...values), Math.max(...values, ...extra)];
  if (most / least < LOG_FROM) {
    const top = most * 1.04;
    const rough = top / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
    const ticks = Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step);
    return { isLog: false, ticks, scale: (value) => value / top };
  }
  const [bottom, top] = [Math.log10(least / 1.3), Math.log10(most * 1.3)];
  const powers = Array.from({ length: 12 }, (_, index) => 10 ** (index - 4));
  const ticks = powers
    .flatMap((power) => [1, 2, 5].map((factor) => factor * power))
    .filter((tick) => Math.log10(tick) >= bottom && Math.log10(tick) <= top);
  return { isLog: true, ticks, scale: (value) => (Math.log10(value) - bottom) / (top - bottom) };
}

const SOFT = { name: 'soft' };

function begin(title, note) {
  const drawing = new Drawing();
  drawing.text(16, 26, title, { name: 'title' });
  drawing.text(16, 46, note, SOFT);
  return drawing;
}

/**
 * Horizontal bars from zero with their spread, or dots on a logarithmic axis, where a bar's length would mean nothing;
 * `heading` starts a group.
 * @param {{ title: string, note: string, unit: string, bars: { label: string, value: number, min: number, max: number, colour?: string, heading?: string }[], bound?: { value: number, label: string } }} plot
 */
export function drawBars({ title, note, unit, bars, bound }) {
  const [left, right, top] = [370, WIDTH - 90, bound ? 84 : 64];
  const drawing = begin(title, note);
  const axis = planAxis(
    bars.flatMap(({ min, max }) => [min, max]),
    bound ? [bound.value] : [],
  );
  const across = (value) => left + axis.scale(value) * (right - left);
  const height = bars.reduce((sum, { heading }) => sum + (heading === undefined ? 24 : 58), top);
  for (const tick of axis.ticks) {
    drawing.line(across(tick), top - 4, across(tick), height, 'grid');
    drawing.text(across(tick), height + 16, formatNumber(tick), { ...SOFT, anchor: 'middle' });
  }
  if (bound) {
    drawing.text(across(bound.value) - 4, top - 10, bound.label, { ...SOFT, anchor: 'end' });
    drawing.line(across(bound.value), top - 4, across(bound.value), height, 'bound');
  }
  let y = top;
  for (const { label, value, min, max, colour = COLOURS.grey, heading } of bars) {
    if (heading !== undefined) {
      drawing.text(16, y + 24, heading, { name: 'head' });
      y += 34;
    }
    if (axis.isLog) drawing.dot(across(value), y + 10, colour, 6);
    else drawing.rect(left, y + 2, across(value) - left, 16, colour);
    if (max > min) drawing.line(across(min), y + 10, across(max), y + 10, 'spread');
    drawing.text(left - 10, y + 14, label, { anchor: 'end' });
    // Behind the bar, or behind the line of the bound where that is in the way.
    const behind = [Math.max(across(max), across(value) + 7), bound ? across(bound.value) : 0];
    const places = behind.map((x) => ({ x: x + 6, y: y + 14 }));
    if (!drawing.textWhereFree(places, formatNumber(value)))
      throw new Error(`${title}: no room beside ${label}`);
    y += 24;
  }
  const scale = axis.isLog ? ', logarithmic' : '';
  drawing.text((left + right) / 2, height + 36, unit + scale, { ...SOFT, anchor: 'middle' });
  return drawing.finish(height + 48, title);
}

/** Around a point, the nearest first. */
const around = ({ x, y }) =>
  [10, 18, 28].flatMap((far) => [
    { x, y: y - far, anchor: 'middle' },
    { x, y: y + far + 9, anchor: 'middle' },
    { x: x + far, y: y - far / 2, anchor: 'start' },
    { x: x + far, y: y + far / 2 + 9, anchor: 'start' },
    { x: x - far, y: y - far / 2, anchor: 'end' },
    { x: x - far, y: y + far / 2 + 9, anchor: 'end' },
  ]);

/**
 * Lines over a logarithmic x axis. A number without room beside its point is left out: the point still shows it.
 * @param {{ title: string, note: string, xLabel: string, yLabel: string, series: { label: string, colour: string, points: { x: number, value: number, min: number, max: number }[] }[] }} plot
 */
export function drawLines({ title, note, xLabel, yLabel, series }) {
  const [left, right, floor, ceiling] = [80, WIDTH - 40, 370, 70];
  const drawing = begin(title, note);
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const axis = planAxis(points.flatMap(({ min, max }) => [min, max]));
  const lastLog = Math.log10(Math.max(...xs, 10));
  const across = (x) => left + 40 + (Math.log10(x) / lastLog) * (right - left - 80);
  const up = (value) => floor - axis.scale(value) * (floor - ceiling);
  for (const tick of axis.ticks) {
    drawing.line(left, up(tick), right, up(tick), 'grid');
    drawing.text(left - 8, up(tick) + 4, formatNumber(tick), { ...SOFT, anchor: 'end' });
  }
  for (const x of xs) drawing.text(across(x), floor + 20, formatNumber(x), { ...SOFT, anchor: 'middle' });
  drawing.text((left + right) / 2, floor + 42, xLabel, { ...SOFT, anchor: 'middle' });
  const scale = axis.isLog ? `${yLabel}, logarithmic` : yLabel;
  drawing.text(24, (floor + ceiling) / 2, scale, { ...SOFT, anchor: 'middle', isUpright: true });
  for (const [index, { label, colour, points: own }] of series.entries()) {
    const [x, y] = [left + (index % 2) * 370, floor + 68 + Math.floor(index / 2) * 20];
    drawing.dot(x, y - 4, colour, 5);
    drawing.text(x + 12, y, label);
    drawing.polyline(
      own.map((point) => ({ x: across(point.x), y: up(point.value) })),
      colour,
    );
    for (const point of own) {
      drawing.line(across(point.x), up(point.min), across(point.x), up(point.max), 'spread');
      drawing.dot(across(point.x), up(point.value), colour);
    }
  }
  // When every line is there: no number may lie on one.
  for (const { x, value } of points)
    drawing.textWhereFree(around({ x: across(x), y: up(value) }), formatNumber(value), SOFT);
  return drawing.finish(floor + 80 + Math.floor((series.length - 1) / 2) * 20, title);
}
