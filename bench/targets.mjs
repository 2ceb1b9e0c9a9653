// The goals of the bench as ratios of one run: what is divided by what, the bound, and whether it holds.
// Knows figures only; measures nothing and decides no exit code.
import { findMedian, isInvalid } from './results.mjs';

const MB = 1e6;
/** How far a ratio may be from the committed one: CPU is steady, tails, memory and start-up are not. */
export const NOISE_BANDS = { cpu: 0.15, tail: 0.3 };

/**
 * @typedef {object} Ratio
 * @property {string} id @property {string} title
 * @property {number | undefined} value absent when not measured
 * @property {boolean} isBroken a row it needs is invalid
 * @property {number} bound @property {number | undefined} reach
 * @property {'at most' | 'at least'} direction
 * @property {boolean | undefined} isMet
 * @property {keyof typeof NOISE_BANDS} noise
 */

/** @typedef {import('./results.mjs').Results} Results */
/** @typedef {{ scenario: string, contestant: string, figure?: 'cpuUs' | 'p99Us' | 'residentPeak' }} Place */

/** @param {string} scenario @param {string} [contestant] @param {Place['figure']} [figure] @returns {Place} */
const at = (scenario, contestant = 'guard', figure = 'cpuUs') => ({ scenario, contestant, figure });

/** @typedef {{ id: string, title: string, over: Place, under: Place, bound: number, reach?: number, direction?: Ratio['direction'], noise?: Ratio['noise'] }} Goal */

/** @type {Goal[]} */
const GOALS = [
  {
    id: 'one-token/haproxy-jwt',
    title: 'CPU, one token: guard to HAProxy with jwt_verify',
    over: at('one-token'),
    under: at('one-token', 'haproxy-jwt'),
    bound: 0.9,
    reach: 0.7,
  },
  {
    id: 'one-token/fastify',
    title: 'CPU, one token: guard to Fastify with its cache on',
    over: at('one-token'),
    under: at('one-token', 'fastify'),
    bound: 0.4,
  },
  {
    id: 'koa/one-token',
    title: 'CPU, one token: Koa libraries to guard',
    over: at('one-token', 'koa'),
    under: at('one-token'),
    bound: 8,
    direction: 'at least',
  },
  {
    id: 'one-token/undici',
    title: 'CPU, one token: guard to bare node:http + undici dispatch',
    over: at('one-token'),
    under: at('one-token', 'undici'),
    bound: 1.2,
  },
  {
    id: 'new-tokens/haproxy-jwt',
    title: 'CPU, each token new: guard to HAProxy with jwt_verify',
    over: at('new-tokens'),
    under: at('new-tokens', 'haproxy-jwt'),
    bound: 1.6,
    reach: 1.3,
  },
  .../** @type {[string, string][]} */ ([
    ['refused-expired', 'expired'],
    ['refused-unknown-issuer', 'unknown issuer'],
    ['refused-none', 'no token'],
    ['refused-bad-signature', 'bad signature, each new'],
  ]).map(([scenario, title]) => ({
    id: `${scenario}/one-token`,
    title: `CPU: refused (${title}) to accepted, one token`,
    over: at(scenario),
    under: at('one-token'),
    bound: 1,
  })),
  {
    id: 'refused-bad-signature/new-tokens',
    title: 'CPU: refused (bad signature, each new) to accepted, each new',
    over: at('refused-bad-signature'),
    under: at('new-tokens'),
    bound: 1,
  },
  .../** @type {[string, string][]} */ ([
    ['body-64k', '64 KiB answers'],
    ['download-10m', '10 MiB answers'],
    ['upload-10m', '10 MiB request bodies'],
  ]).map(([scenario, title]) => ({
    id: `${scenario}/undici`,
    title: `CPU, ${title}: guard to bare node:http + undici dispatch`,
    over: at(scenario),
    under: at(scenario, 'undici'),
    bound: 1.2,
  })),
  .../** @type {[string, string][]} */ ([
    ['download-10m', '10 MiB answers'],
    ['upload-10m', '10 MiB request bodies'],
  ]).map(([scenario, title]) => ({
    id: `${scenario}/memory`,
    title: `Memory flat: peak with ${title} to peak with 64 KiB`,
    over: at(scenario, 'guard', 'residentPeak'),
    under: at('body-64k', 'guard', 'residentPeak'),
    bound: 1.2,
    noise: /** @type {const} */ ('tail'),
  })),
  {
    id: 'p99/haproxy-jwt',
    title: 'p99 at 32 connections: guard to HAProxy with jwt_verify',
    over: at('one-token', 'guard', 'p99Us'),
    under: at('one-token', 'haproxy-jwt', 'p99Us'),
    bound: 1,
    noise: 'tail',
  },
  {
    id: 'issuers-100/1',
    title: 'CPU: 100 issuers to one, 1,000 tokens in rotation',
    over: at('issuers-100'),
    under: at('issuers-1'),
    bound: 1.1,
  },
  {
    id: 'issuers-10000/1',
    title: 'CPU: 10,000 issuers to one, 1,000 tokens in rotation',
    over: at('issuers-10000'),
    under: at('issuers-1'),
    bound: 1.1,
  },
];

/** @param {Results} results @param {Place} place */
const read = (results, { scenario, contestant, figure = 'cpuUs' }) =>
  findMedian(results, scenario, contestant, figure);

/** @param {number | undefined} value @param {number} bound @param {Ratio['direction']} direction */
function judge(value, bound, direction) {
  if (value === undefined) return undefined;
  return direction === 'at most' ? value <= bound : value >= bound;
}

/** @param {Results} results @param {Goal} goal @returns {Ratio} */
function computeRatio(
  results,
  { id, title, over, under, bound, reach, direction = 'at most', noise = 'cpu' },
) {
  const [upper, lower] = [read(results, over), read(results, under)];
  const value = upper === undefined || lower === undefined || lower === 0 ? undefined : upper / lower;
  const isBroken = [over, under].some((place) => isInvalid(results, place.scenario, place.contestant));
  return {
    id,
    title,
    value,
    isBroken,
    bound,
    reach,
    direction,
    isMet: judge(value, bound, direction),
    noise,
  };
}

/** Resident memory and start-up: absolute bounds, not ratios. @param {Results} results @returns {Ratio[]} */
function computeBounds(results) {
  const rows = Object.keys(results.rows).filter((scenario) => results.rows[scenario]?.guard);
  const peaks = rows
    .map((scenario) => results.rows[scenario]?.guard?.figures.residentPeak?.max)
    .filter((peak) => peak !== undefined);
  const peak = peaks.length === 0 ? undefined : Math.max(...peaks) / MB;
  const start = results.starts['guard@10000']?.startMs.median;
  const common = { isBroken: false, reach: undefined, direction: /** @type {const} */ ('at most') };
  const noise = /** @type {const} */ ('tail');
  return [
    {
      ...common,
      id: 'resident-peak',
      title: 'Resident memory of the guard throughout, highest sample, MB',
      value: peak,
      bound: 120,
      isMet: judge(peak, 120, 'at most'),
      noise,
    },
    {
      ...common,
      id: 'start-10000',
      title: 'Start until ready with 10,000 key files, ms',
      value: start,
      bound: 1000,
      isMet: judge(start, 1000, 'at most'),
      noise,
    },
  ];
}

/** Every goal of the bench with its value in this run. @param {Results} results @returns {Ratio[]} */
export function computeRatios(results) {
  return [...GOALS.map((goal) => computeRatio(results, goal)), ...computeBounds(results)];
}
