// The words after `npm run bench --`. Knows their names and bounds, not what they do.
import { parseArgs } from 'node:util';
import { CONTESTANTS } from './contestants/registry.mjs';
import { SCENARIOS } from './scenarios.mjs';

const MOST_ROUNDS = 9;
export const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only a,b] [--scenario x,y] [--before DIR] [--check] [--save-baseline] [--render]
  --quick          one round of one second each, under 3 minutes: a smoke test
  --rounds N       rounds to take the median of, 1 to ${MOST_ROUNDS} (3)
  --only a,b       contestants: ${CONTESTANTS.map(({ id }) => id).join(' ')} direct
  --scenario x,y   scenarios: ${SCENARIOS.map(({ id }) => id).join(' ')}
  --before DIR     a built checkout of another version, measured beside this one wherever this one takes part
  --check          compare the ratios with bench/baseline.json, exit 1 beyond the noise band
  --save-baseline  write bench/baseline.json from this run
  --render         measure nothing: write table and plots again from bench/results/latest.json`;

/** @typedef {{ quick: boolean, rounds: number, only: string[], scenario: string[], before: string | undefined, check: boolean, saveBaseline: boolean, render: boolean, help: boolean, isPartial: boolean }} Options */

/** @param {string | undefined} list @param {string[]} known @param {string} flag */
function readNames(list, known, flag) {
  const names = (list ?? '').split(',').filter(Boolean);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`${flag}: there is no ${stranger}. Known: ${known.join(' ')}`);
  return names;
}

/** @param {string[]} argv @returns {Options} throws an Error that names the flag */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      scenario: { type: 'string' },
      before: { type: 'string' },
      check: { type: 'boolean', default: false },
      'save-baseline': { type: 'boolean', default: false },
      render: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, check, render, help } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new Error(`--rounds: a whole number from 1 to ${MOST_ROUNDS}, not ${values.rounds}`);
  }
  const { before } = values;
  const only = readNames(values.only, [...CONTESTANTS.map(({ id }) => id), 'direct'], '--only');
  const names = SCENARIOS.map(({ id }) => id);
  const scenario = readNames(values.scenario, names, '--scenario');
  const isPartial = quick || only.length > 0 || scenario.length > 0 || before !== undefined;
  const saveBaseline = values['save-baseline'];
  if (saveBaseline && isPartial) throw new Error('--save-baseline: only from a whole run');
  return {
    quick,
    rounds,
    only,
    scenario,
    before,
    check,
    saveBaseline,
    render,
    help,
    isPartial,
  };
}
