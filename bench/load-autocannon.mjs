// The load by autocannon, for machines without wrk: same words in, same RESULT line out.
// autocannon counts latency in whole milliseconds and needs more of its core than wrk.
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

const REFUSED_EVERY = 50;
const PUBLISH_EVERY = 10;
const load = JSON.parse(process.argv[2] ?? '{}');
const tokens = load.tokenFile === '' ? [] : readFileSync(load.tokenFile, 'utf8').trimEnd().split('\n');
let issued = load.start;

/** @param {string} token */
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const publishBody = JSON.stringify({ topic: 'bench/one', payload: 'x'.repeat(160), qos: 1 });

/** @param {object} request @param {string} token */
function mix(request, token) {
  if (issued % REFUSED_EVERY === 0) return { ...request, headers: bearer(`${token}AAAA`) };
  if (issued % PUBLISH_EVERY !== 1) {
    return { ...request, path: `${load.path}?page=${issued % 7}`, headers: bearer(token) };
  }
  const headers = { ...bearer(token), 'content-type': 'application/json' };
  return { ...request, method: 'POST', path: '/api/v4/mqtt/publish', headers, body: publishBody };
}

/** @param {object} request */
function setupRequest(request) {
  const token = tokens[issued % tokens.length];
  issued += 1;
  return load.mode === 'mixed' ? mix(request, token) : { ...request, headers: bearer(token) };
}

const base = { method: load.method, path: load.path };
const first = tokens.length > 0 ? { headers: bearer(tokens[0]) } : {};
const body = load.bodyBytes > 0 ? { body: Buffer.alloc(load.bodyBytes, 'x') } : {};
const result = await autocannon({
  url: load.url,
  connections: load.connections,
  duration: load.seconds,
  timeout: 8,
  requests: [tokens.length > 1 ? { ...base, setupRequest } : { ...base, ...first, ...body }],
});

/** @param {number} status */
const countOf = (status) => result.statusCodeStats?.[status]?.count ?? 0;
const counted = countOf(load.expected);
const refused = load.mode === 'mixed' ? countOf(401) : 0;
const answers = result['2xx'] + result.non2xx;
const strange = Object.keys(result.statusCodeStats ?? {}).find((status) => Number(status) !== load.expected);
const summary = {
  requests: answers,
  micros: result.duration * 1e6,
  bytes: result.throughput.total,
  p50Us: result.latency.p50 * 1000,
  p99Us: result.latency.p99 * 1000,
  socketErrors: result.errors - result.timeouts,
  timeouts: result.timeouts,
  errorStatuses: result['4xx'] + result['5xx'],
  issued,
  counted,
  refused,
  unexpected: answers - counted - refused,
  strange: Number(strange ?? 0),
};
console.log(`RESULT ${JSON.stringify(summary)}`);
