// Compares a run's ratios with the committed ones, and keeps the committed ones.
// A ratio is worse only beyond its noise band; better is said, never failed.
import { readFileSync, writeFileSync } from 'node:fs';
import { NOISE_BANDS } from './targets.mjs';

const BASELINE = new URL('./baseline.json', import.meta.url);

/** @typedef {import('./targets.mjs').Ratio} Ratio */
/** @typedef {{ at: string, versions: Record<string, string>, ratios: Record<string, number> }} Baseline */

/** @param {Ratio} ratio @param {number} before @returns {{ isWorse: boolean, line: string }} */
function compareRatio(ratio, before) {
  const { id, value, direction, isBroken } = ratio;
  if (isBroken) return { isWorse: true, line: `worse  ${id}: a row it needs is invalid, was ${before}` };
  if (value === undefined) return { isWorse: false, line: `-      ${id}: not measured in this run` };
  const change = value / before - 1;
  const harm = direction === 'at most' ? change : -change;
  const band = NOISE_BANDS[ratio.noise];
  const word = harm > band ? 'worse' : harm < -band ? 'better' : 'same';
  const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %, band ${band * 100} %`;
  return {
    isWorse: word === 'worse',
    line: `${word.padEnd(6)} ${id}: ${value.toFixed(3)}, was ${before} (${percent})`,
  };
}

/**
 * @param {Ratio[]} ratios @param {Record<string, number>} before by id
 * @returns {{ isWorse: boolean, lines: string[] }} one line a ratio that has a value now or before
 */
export function compareRatios(ratios, before) {
  const known = ratios.filter(({ id, value }) => value !== undefined || before[id] !== undefined);
  const verdicts = known.map((ratio) => {
    const old = before[ratio.id];
    if (old !== undefined) return compareRatio(ratio, old);
    return { isWorse: false, line: `new    ${ratio.id}: not in the baseline` };
  });
  return { isWorse: verdicts.some(({ isWorse }) => isWorse), lines: verdicts.map(({ line }) => line) };
}

/** @returns {Baseline} throws where there is none */
export function readBaseline() {
  try {
    return JSON.parse(readFileSync(BASELINE, 'utf8'));
  } catch (error) {
    throw new Error('bench/baseline.json cannot be read. Write it with --save-baseline.', { cause: error });
  }
}

/** @param {import('./results.mjs').Results} results @param {Ratio[]} ratios */
export function saveBaseline({ at, versions }, ratios) {
  const measured = ratios.filter(({ value }) => value !== undefined);
  const values = measured.map(({ id, value }) => [id, Number(/** @type {number} */ (value).toFixed(3))]);
  const baseline = { at, versions, ratios: Object.fromEntries(values) };
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
}
