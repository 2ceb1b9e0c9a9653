// Turns the cells of all rounds into medians with minimum and maximum, and finds single figures again.
// Knows the shape of results/latest.json; prints and draws nothing.

/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 *
 * @typedef {object} Row one contestant in one scenario
 * @property {string[]} problems any makes the row invalid
 * @property {string[]} remarks
 * @property {number} requests of all rounds
 * @property {Record<'cpuUs' | 'perSecond' | 'p50Us' | 'p99Us' | 'residentPeak', Spread | undefined>} figures
 *
 * @typedef {object} Start
 * @property {Spread} startMs @property {Spread} idleBytes
 *
 * @typedef {object} Results
 * @property {string} at ISO time
 * @property {{ quick: boolean, rounds: number, only: string[], scenario: string[], isPartial: boolean }} options
 * @property {Record<string, string>} versions
 * @property {string} cores
 * @property {string} loadTool
 * @property {{ id: string, title: string, reason: string }[]} skipped
 * @property {Record<string, Record<string, Row>>} rows by scenario, then contestant
 * @property {Record<string, Start>} starts by contestant and number of key files, `guard@10000`
 */

const FIGURES = /** @type {const} */ (['cpuUs', 'perSecond', 'p50Us', 'p99Us', 'residentPeak']);

/** @param {number[]} values @returns {Spread | undefined} */
export function spreadOf(values) {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** @param {import('./measure.mjs').Cell[]} cells one a round @returns {Row} */
export function summarizeCells(cells) {
  const figures = FIGURES.map((name) => [
    name,
    spreadOf(cells.map((cell) => cell[name]).filter((value) => value !== undefined)),
  ]);
  return {
    problems: [...new Set(cells.flatMap(({ problems }) => problems))],
    remarks: [...new Set(cells.flatMap(({ remarks }) => remarks))],
    requests: cells.reduce((sum, { requests }) => sum + requests, 0),
    figures: Object.fromEntries(figures),
  };
}

/**
 * A figure's median; undefined where it was not measured or its row is invalid.
 * @param {Results} results @param {string} scenario @param {string} contestant @param {typeof FIGURES[number]} figure
 */
export function findMedian(results, scenario, contestant, figure) {
  return findSpread(results, scenario, contestant, figure)?.median;
}

/** @param {Results} results @param {string} scenario @param {string} contestant @param {typeof FIGURES[number]} figure */
export function findSpread(results, scenario, contestant, figure) {
  const row = results.rows[scenario]?.[contestant];
  return row && row.problems.length === 0 ? row.figures[figure] : undefined;
}

/** Whether a row was tried and is invalid. @param {Results} results @param {string} scenario @param {string} contestant */
export function isInvalid(results, scenario, contestant) {
  return (results.rows[scenario]?.[contestant]?.problems.length ?? 0) > 0;
}
