// Medians with minimum and maximum: made from the cells of all rounds, found again, and written out. Prints nothing.

const FIGURES = ['cpuUs', 'perSecond', 'p50Us', 'p99Us', 'residentPeak'];

export function spreadOf(values) {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** One contestant in one scenario; any problem makes the row invalid. @param {object[]} cells one a round */
export const summarizeCells = (cells) => ({
  problems: [...new Set(cells.flatMap(({ problems }) => problems))],
  remarks: [...new Set(cells.flatMap(({ remarks }) => remarks))],
  requests: cells.reduce((sum, { requests }) => sum + requests, 0),
  figures: Object.fromEntries(
    FIGURES.map((name) => [
      name,
      spreadOf(cells.map((cell) => cell[name]).filter((one) => one !== undefined)),
    ]),
  ),
});

/** Undefined where it was not measured or its row is invalid. */
export function findSpread(results, scenario, contestant, figure) {
  const row = results.rows[scenario]?.[contestant];
  return row && row.problems.length === 0 ? row.figures[figure] : undefined;
}

/** Whether a row was tried and is invalid. */
export const isInvalid = (results, scenario, contestant) =>
  (results.rows[scenario]?.[contestant]?.problems.length ?? 0) > 0;

/** Three significant digits. */
export const formatNumber = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));

/** @param {number} [unit] how many of the stored unit one of the shown is */
export function formatSpread(spread, unit = 1) {
  if (spread === undefined) return '–';
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    formatNumber(value / unit),
  );
  return min === max ? median : `${median} (${min}–${max})`;
}

/** A figure that is no row of the field, with its bound where it has one. @param {'at most' | 'at least'} [direction] */
export const figureOf = (what, values, unit, bound, direction = 'at most') => ({
  what,
  spread: spreadOf([values].flat()),
  unit,
  bound,
  direction,
});
