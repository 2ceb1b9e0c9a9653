// Attack: thousands of heads put together at random from legal, odd and broken parts.
// Rule: the guard goes on; the broker sees only well-formed requests, each for the very path that was judged.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalizeTarget } from '../../src/http/target.ts';
import { loadProfile } from '../../src/policy/profile.ts';
import { ANY_METHOD, BROKERS, type Pair, startPair } from '../support/pair.ts';

const RUNS = 3000;

const pieces = (...texts: string[]) => fc.constantFrom(...texts);
const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));

const path = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: pieces(
          '/',
          '/brokers',
          '/clients',
          '/api/v4',
          'a',
          '.',
          '..',
          '%61',
          '%2f',
          '%2E',
          '%',
          ';',
        ),
      },
      {
        weight: 1,
        arbitrary: pieces('//', '\\', '#', '?', '?x=/..', '%00', '%25', '%zz', '%c3%a9', '\t', ' '),
      },
      { weight: 1, arbitrary: byte },
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const target = fc.oneof(
  { weight: 6, arbitrary: path.map((rest) => `/api/v4${rest}`) },
  { weight: 1, arbitrary: path },
  { weight: 1, arbitrary: pieces('*', 'http://a/api/v4', '/%61pi/v4/x', '//api/v4', '') },
);
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: pieces('Accept: a/b', 'User-Agent: x', 'X: y', 'Connection: close', 'Range: bytes=0-'),
  },
  {
    weight: 1,
    arbitrary: pieces('Content-Length: 0', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Host: b'),
  },
  {
    weight: 1,
    arbitrary: pieces('Authorization: Basic YTpi', ' folded', 'no colon', 'X-Guard-Subject: root', ': x'),
  },
  { weight: 1, arbitrary: fc.array(byte, { maxLength: 12 }).map((bytes) => bytes.join('')) },
);
const request = fc.record({
  method: pieces(
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'get',
    'CONNECT',
    'G T',
    '',
  ),
  target,
  version: pieces('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 x', ''),
  lines: fc.array(line, { maxLength: 4 }),
  body: pieces('', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'GET /api/v4 HTTP/1.1\r\n'),
});

type RandomRequest = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** Sends one request and ends the sending side, so that half a request cannot keep the connection waiting. */
async function shoot(
  pair: Pair,
  { method, target: sent, version, lines, body }: RandomRequest,
): Promise<void> {
  const head = [`${method} ${sent} ${version}`, 'Host: a', pair.authorization, ...lines, '', ''].join('\r\n');
  const connection = await pair.open();
  connection.write(head + body);
  await connection.next({ isHead: method === 'HEAD' }, 300).catch(() => undefined);
  connection.destroy();
}

it(`survives ${RUNS} random requests, and the broker sees only judged targets`, {
  timeout: 60_000,
}, async () => {
  const pair = await startPair({ guard: ANY_METHOD });
  const samples = fc.sample(request, { numRuns: RUNS, seed: 20260101 });
  const rest = samples[Symbol.iterator]();
  const work = async () => {
    for (const sample of rest) await shoot(pair, sample);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  expect((await pair.ask('GET', BROKERS)).status).toBe(200);
  expect(pair.failures).toEqual([]);
  expect(pair.upstream.requests.length).toBeGreaterThan(RUNS / 50);
  for (const { requestLine, head } of pair.upstream.requests) {
    expect(head).toMatch(/^(?:[ -~]+\r\n)+\r\n$/);
    const [, sent = ''] = /^(?:GET|HEAD|POST|PUT|DELETE) (\S+) HTTP\/1\.1$/.exec(requestLine) ?? [];
    expect(canonicalizeTarget(sent, loadProfile('generic').target)).toMatchObject({
      allowed: true,
      value: { text: sent },
    });
    expect(head).not.toMatch(/x-guard-subject|transfer-encoding/i);
  }
  const recorded = new Map(pair.guard.records.map((record) => [record.request_id, record]));
  for (const { requestLine, headers } of pair.upstream.requests) {
    const record = recorded.get(headers.get('x-request-id') ?? '');
    expect(requestLine.split(' ')[1]?.split('?')[0]).toBe(record?.path);
  }
});
