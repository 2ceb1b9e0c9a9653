// What is asked of the field: each scenario's load, who takes part, and what the answers must be. Starts nothing and
// measures nothing.
import { SMALL_GET } from './load.mjs';
import { spreadFile } from './tokens.mjs';

const MIB = 1024 * 1024;
const NEAREST = ['guard', 'haproxy-jwt', 'fastify'];
const CHECKING = [...NEAREST, 'koa', 'express'];
const FORWARDING = [...CHECKING, 'haproxy', 'nginx', 'undici', 'tcp-pipe'];

const scenario = (id, title, contestants, load, more = {}) => ({
  id,
  title,
  contestants,
  load: { ...SMALL_GET, ...load },
  seconds: 2,
  /** Least bytes a good answer has, so that a cut one is noticed. */
  minBytes: 600,
  /** Key files of a guard started for this scenario alone. */
  issuers: undefined,
  /** Behind the contestants is what works as a broker does, not the fixed responder. */
  isBroker: false,
  /** Each token at most once. */
  mustNotRepeat: false,
  ...more,
});

const refused = (tokenFile, title, more = {}) =>
  scenario(
    `refused-${tokenFile || 'none'}`,
    `Refused: ${title}`,
    CHECKING,
    { tokenFile, expected: 401 },
    { minBytes: 0, ...more },
  );

const issuers = (count, title, tokenFile) =>
  scenario(`issuers-${count}`, title, ['guard'], { tokenFile }, { issuers: count });

const connections = (count, contestants, title = `${count.toLocaleString('en-US')} connections`) =>
  scenario(count === 1 ? 'one-connection' : `connections-${count}`, title, contestants, {
    connections: count,
  });

const LARGE = { connections: 4 };
const MIXED = 'Mixed work: 1,000 tokens, lists, 10 % publishes, 2 % refused; metrics read every second';
const TWO_WORKERS = 'Small GET to a broker of two workers, 20 us a request, as NanoMQ is shipped';

/** In the order they run: what could disturb the memory of the others comes last. */
export const SCENARIOS = [
  scenario(
    'one-token',
    'Small GET, one token again and again',
    [...FORWARDING, 'node-http'],
    {},
    { seconds: 3 },
  ),
  scenario('rotation', '1,000 tokens in rotation', CHECKING, { tokenFile: 'rotation' }),
  scenario('new-tokens', 'Each token new', CHECKING, { tokenFile: 'fresh' }, { mustNotRepeat: true }),
  refused('expired', 'expired'),
  refused('bad-signature', 'bad signature, each token another', { mustNotRepeat: true }),
  refused('unknown-issuer', 'unknown issuer'),
  refused('', 'no token'),
  scenario('whole-product', MIXED, NEAREST, { mode: 'mixed', tokenFile: 'rotation' }, { seconds: 3 }),
  scenario('two-workers', TWO_WORKERS, ['guard', 'haproxy-jwt'], {}, { seconds: 3, isBroker: true }),
  connections(1, ['direct', ...FORWARDING], 'One connection: latency added over direct'),
  connections(10, [...NEAREST, 'undici']),
  connections(1000, [...NEAREST, 'undici']),
  issuers(1, '1 key file, 1,000 tokens in rotation', 'rotation'),
  issuers(100, '100 key files, 1,000 tokens of 100 issuers in rotation', spreadFile(100)),
  issuers(10_000, '10,000 key files, 1,000 tokens of 100 issuers in rotation', spreadFile(10_000)),
  scenario('body-64k', '64 KiB answers', FORWARDING, { path: '/api/v4/clients' }, { minBytes: MIB / 16 }),
  scenario(
    'download-10m',
    '10 MiB answers, 4 connections',
    FORWARDING,
    { ...LARGE, path: '/api/v4/subscriptions' },
    { minBytes: 10 * MIB, seconds: 3 },
  ),
  scenario(
    'upload-10m',
    '10 MiB request bodies, 4 connections',
    FORWARDING,
    { ...LARGE, method: 'POST', path: '/api/v4/mqtt/publish_batch', bodyBytes: 10 * MIB },
    { seconds: 3 },
  ),
];

/** Where the slow Node libraries are measured in a quick run too. */
const SLOW = new Set(['koa', 'express']);

/** Who takes part in this run of a scenario; the version before stands beside the guard. */
export function listTaking({ id: scenarioId, contestants }, { quick, only, before }) {
  return contestants
    .flatMap((id) => (id === 'guard' && before !== undefined ? [id, 'before'] : [id]))
    .filter((id) =>
      only.length > 0
        ? only.includes(id === 'before' ? 'guard' : id)
        : !(quick && SLOW.has(id) && scenarioId !== 'one-token'),
    );
}
