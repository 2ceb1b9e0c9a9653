// What is asked of the field: each scenario's load, who takes part, and what the answers must be.
// Starts nothing and measures nothing.
import { spreadFile } from './tokens.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} title
 * @property {string[]} contestants ids; `direct` is the upstream itself
 * @property {import('./load.mjs').Load} load with tokenFile as the store's name for it
 * @property {number} seconds measured
 * @property {number} minBytes least bytes a good answer has, so that a cut one is noticed
 * @property {number | undefined} issuers key files of a guard started for this scenario alone
 * @property {boolean} isBroker behind the contestants is what works as a broker does, not the fixed responder
 * @property {boolean} mustNotRepeat each token at most once
 * @property {boolean} inQuick also run by the slow Node libraries with --quick
 */

const CHECKING = ['guard', 'haproxy-jwt', 'fastify', 'koa', 'express'];
const FORWARDING = [
  'guard',
  'haproxy-jwt',
  'haproxy',
  'nginx',
  'fastify',
  'koa',
  'express',
  'undici',
  'tcp-pipe',
];
const ANSWERING = [...FORWARDING, 'node-http'];
const COMPARED = ['guard', 'haproxy-jwt', 'fastify', 'undici'];
const SLOW = new Set(['koa', 'express']);

/** @type {import('./load.mjs').Load} */
const SMALL_GET = {
  mode: 'plain',
  method: 'GET',
  path: '/api/v4/brokers',
  tokenFile: 'one',
  expected: 200,
  connections: 32,
  bodyBytes: 0,
};

/**
 * @param {string} id @param {string} title @param {string[]} contestants
 * @param {Partial<import('./load.mjs').Load>} load @param {Partial<Scenario>} [more] @returns {Scenario}
 */
const scenario = (id, title, contestants, load, more = {}) => ({
  id,
  title,
  contestants,
  load: { ...SMALL_GET, ...load },
  seconds: 2,
  minBytes: 600,
  issuers: undefined,
  isBroker: false,
  mustNotRepeat: false,
  inQuick: false,
  ...more,
});

/** @param {string} tokenFile @param {string} title */
const refused = (tokenFile, title, mustNotRepeat = false) =>
  scenario(
    `refused-${tokenFile || 'none'}`,
    title,
    CHECKING,
    { tokenFile, expected: 401 },
    { minBytes: 0, mustNotRepeat },
  );

/** In the order they run: what could disturb the memory of the others comes last. @type {Scenario[]} */
export const SCENARIOS = [
  scenario('one-token', 'Small GET, one token again and again', ANSWERING, {}, { seconds: 3, inQuick: true }),
  scenario('rotation', '1,000 tokens in rotation', CHECKING, { tokenFile: 'rotation' }),
  scenario('new-tokens', 'Each token new', CHECKING, { tokenFile: 'fresh' }, { mustNotRepeat: true }),
  refused('expired', 'Refused: expired'),
  refused('bad-signature', 'Refused: bad signature, each token another', true),
  refused('unknown-issuer', 'Refused: unknown issuer'),
  refused('', 'Refused: no token'),
  scenario(
    'whole-product',
    'Mixed work: 1,000 tokens, lists, 10 % publishes, 2 % refused; metrics read every second',
    COMPARED.filter((id) => id !== 'undici'),
    { mode: 'mixed', tokenFile: 'rotation' },
    { seconds: 3 },
  ),
  scenario(
    'two-workers',
    'Small GET to a broker of two workers, 20 us a request, as NanoMQ is shipped',
    ['guard', 'haproxy-jwt'],
    {},
    { seconds: 3, isBroker: true },
  ),
  scenario('one-connection', 'One connection: latency added over direct', ['direct', ...FORWARDING], {
    connections: 1,
  }),
  scenario('connections-10', '10 connections', COMPARED, { connections: 10 }),
  scenario('connections-1000', '1,000 connections', COMPARED, { connections: 1000 }),
  scenario(
    'issuers-1',
    '1 key file, 1,000 tokens in rotation',
    ['guard'],
    { tokenFile: 'rotation' },
    { issuers: 1 },
  ),
  scenario(
    'issuers-100',
    '100 key files, 1,000 tokens of 100 issuers in rotation',
    ['guard'],
    { tokenFile: spreadFile(100) },
    {
      issuers: 100,
    },
  ),
  scenario(
    'issuers-10000',
    '10,000 key files, 1,000 tokens of 100 issuers in rotation',
    ['guard'],
    { tokenFile: spreadFile(10_000) },
    { issuers: 10_000 },
  ),
  scenario('body-64k', '64 KiB answers', FORWARDING, { path: '/api/v4/clients' }, { minBytes: 64 * KIB }),
  scenario(
    'download-10m',
    '10 MiB answers, 4 connections',
    FORWARDING,
    { path: '/api/v4/subscriptions', connections: 4 },
    { minBytes: 10 * MIB, seconds: 3 },
  ),
  scenario(
    'upload-10m',
    '10 MiB request bodies, 4 connections',
    FORWARDING,
    { method: 'POST', path: '/api/v4/mqtt/publish_batch', connections: 4, bodyBytes: 10 * MIB },
    { seconds: 3 },
  ),
];

/**
 * Who takes part in this run of a scenario; the version before stands beside the guard.
 * @param {Scenario} wanted @param {{ quick: boolean, only: string[], before?: string | undefined }} options
 */
export function listContestants(wanted, { quick, only, before }) {
  const taking = wanted.contestants.filter(
    (id) =>
      (only.length === 0 || only.includes(id)) &&
      !(quick && only.length === 0 && SLOW.has(id) && !wanted.inQuick),
  );
  return before === undefined ? taking : taking.flatMap((id) => (id === 'guard' ? [id, 'before'] : [id]));
}
