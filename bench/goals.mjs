// The goals of the bench: ratios of one run and a few absolute bounds, whether they hold, and how they stand to the
// committed ones. Measures nothing and decides no exit code.
import { readFileSync, writeFileSync } from 'node:fs';
import { findSpread, isInvalid } from './figures.mjs';

const BASELINE = new URL('./baseline.json', import.meta.url);
/** How far a ratio may be from the committed one: CPU is steady, tails, memory and start-up are not. */
const NOISE_BANDS = { cpu: 0.15, tail: 0.3 };

/**
 * A goal a line: id, title, what is divided by what, the bound, and what to reach for. A place is `scenario contestant
 * figure`; the guard's CPU unless told.
 */
const GOALS = `
one-token/haproxy-jwt   | CPU, one token: guard to HAProxy with jwt_verify | one-token / one-token haproxy-jwt | at most 0.9 | 0.7
one-token/fastify       | CPU, one token: guard to Fastify with its cache on | one-token / one-token fastify | at most 0.4
koa/one-token           | CPU, one token: Koa libraries to guard | one-token koa / one-token | at least 8
one-token/undici        | CPU, one token: guard to bare node:http + undici dispatch | one-token / one-token undici | at most 1.2
new-tokens/haproxy-jwt  | CPU, each token new: guard to HAProxy with jwt_verify | new-tokens / new-tokens haproxy-jwt | at most 1.6 | 1.3
refused-expired/one-token        | CPU: refused (expired) to accepted, one token | refused-expired / one-token | at most 1
refused-unknown-issuer/one-token | CPU: refused (unknown issuer) to accepted, one token | refused-unknown-issuer / one-token | at most 1
refused-none/one-token           | CPU: refused (no token) to accepted, one token | refused-none / one-token | at most 1
refused-bad-signature/one-token  | CPU: refused (bad signature, each new) to accepted, one token | refused-bad-signature / one-token | at most 1
refused-bad-signature/new-tokens | CPU: refused (bad signature, each new) to accepted, each new | refused-bad-signature / new-tokens | at most 1
body-64k/undici     | CPU, 64 KiB answers: guard to bare node:http + undici dispatch | body-64k / body-64k undici | at most 1.2
download-10m/undici | CPU, 10 MiB answers: guard to bare node:http + undici dispatch | download-10m / download-10m undici | at most 1.2
upload-10m/undici   | CPU, 10 MiB request bodies: guard to bare node:http + undici dispatch | upload-10m / upload-10m undici | at most 1.2
download-10m/memory | Memory flat: peak with 10 MiB answers to peak with 64 KiB | download-10m guard residentPeak / body-64k guard residentPeak | at most 1.2
upload-10m/memory   | Memory flat: peak with 10 MiB request bodies to peak with 64 KiB | upload-10m guard residentPeak / body-64k guard residentPeak | at most 1.2
p99/haproxy-jwt     | p99 at 32 connections: guard to HAProxy with jwt_verify | one-token guard p99Us / one-token haproxy-jwt p99Us | at most 1
issuers-100/1       | CPU: 100 issuers to one, 1,000 tokens in rotation | issuers-100 / issuers-1 | at most 1.1
issuers-10000/1     | CPU: 10,000 issuers to one, 1,000 tokens in rotation | issuers-10000 / issuers-1 | at most 1.1
`;

const readGoals = () =>
  GOALS.trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([id, title, division, target, reach]) => {
      const places = division.split(' / ').map((place) => {
        const [scenario, contestant = 'guard', figure = 'cpuUs'] = place.split(' ');
        return [scenario, contestant, figure];
      });
      const noise = places[0][2] === 'cpuUs' ? 'cpu' : 'tail';
      return { id, title, places, reach, noise, ...readTarget(target) };
    });

/** `at most 1.2` */
const readTarget = (text) => ({
  direction: text.slice(0, text.lastIndexOf(' ')),
  bound: Number(text.split(' ').at(-1)),
});

export const isMet = ({ value, bound, direction }) =>
  value === undefined || bound === undefined
    ? undefined
    : direction === 'at least'
      ? value >= bound
      : value <= bound;

function computeRatio(results, { places, ...goal }) {
  const [over, under] = places.map((place) => findSpread(results, ...place)?.median);
  const isBroken = places.some(([scenario, contestant]) => isInvalid(results, scenario, contestant));
  return { ...goal, isBroken, value: over === undefined || !under ? undefined : over / under };
}

/** Every goal of the bench with its value in this run; resident memory and start-up have absolute bounds. */
export function computeRatios(results) {
  const peaks = Object.values(results.rows).flatMap((row) => row.guard?.figures.residentPeak?.max ?? []);
  const peak = peaks.length === 0 ? undefined : Math.max(...peaks) / 1e6;
  const start = results.starts['guard@10000']?.startMs.median;
  const bound = (id, title, value, most) => ({
    id,
    title,
    value,
    noise: 'tail',
    direction: 'at most',
    bound: most,
  });
  return [
    ...readGoals().map((goal) => computeRatio(results, goal)),
    bound('resident-peak', 'Resident memory of the guard throughout, highest sample, MB', peak, 120),
    bound('start-10000', 'Start until ready with 10,000 key files, ms', start, 1000),
  ];
}

function compareRatio({ id, value, direction, isBroken, noise }, before) {
  if (isBroken) return `worse  ${id}: a row it needs is invalid, was ${before}`;
  if (value === undefined) return `-      ${id}: not measured in this run`;
  if (before === undefined) return `new    ${id}: not in the baseline`;
  const change = value / before - 1;
  const harm = direction === 'at most' ? change : -change;
  const band = NOISE_BANDS[noise];
  const word = harm > band ? 'worse' : harm < -band ? 'better' : 'same';
  const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %, band ${band * 100} %`;
  return `${word.padEnd(6)} ${id}: ${value.toFixed(3)}, was ${before} (${percent})`;
}

/** A ratio is worse only beyond its noise band; better is said, never failed. Gives whether the baseline still holds. */
export function holdsBaseline(ratios) {
  const { at, versions, ratios: before } = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const lines = ratios.map((ratio) => compareRatio(ratio, before[ratio.id]));
  console.log(`compared with the baseline of ${at.slice(0, 10)}, Node ${versions.node}:`);
  for (const line of lines) console.log(`  ${line}`);
  return !lines.some((line) => line.startsWith('worse'));
}

export function saveBaseline({ at, versions }, ratios) {
  const measured = ratios.filter(({ value }) => value !== undefined);
  const values = Object.fromEntries(measured.map(({ id, value }) => [id, Number(value.toFixed(3))]));
  writeFileSync(BASELINE, `${JSON.stringify({ at, versions, ratios: values }, null, 2)}\n`);
}
