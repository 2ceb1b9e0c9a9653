// Attack: try one credential after the other on a connection that stays, or pipelined, so that the guard checks
// signatures for as long as anybody sends.
// Rule: the third refused credential on a connection is answered with `Connection: close`, and ends it.
import { describe, expect, it } from 'vitest';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, startPair } from '../support/pair.ts';
import type { RawAnswer } from '../support/raw.ts';

const STRANGER = makeIssuer();
const bearer = (token: string) => buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]);
const withoutCredential = buildHead('GET', BROKERS);

const closes = ({ headers }: RawAnswer) => headers.get('connection') === 'close';

/** Statuses, and whether the answer says that it is the last. */
async function ask(pair: Pair, requests: readonly string[], answers = requests.length) {
  const connection = await pair.open();
  const seen: [number, boolean][] = [];
  for (const request of requests.slice(0, answers)) {
    connection.write(request);
    const answer = await connection.next();
    seen.push([answer.status, closes(answer)]);
  }
  return { connection, seen };
}

describe('the third refused credential', () => {
  it.each<[string, () => string]>([
    ['none at all', () => withoutCredential],
    ['another scheme', () => buildHead('GET', BROKERS, ['Authorization: Basic YTpi'])],
    ['two of them', () => buildHead('GET', BROKERS, ['Authorization: Bearer a', 'Authorization: Bearer b'])],
    ['a token that is none', () => bearer('abc')],
    ['an issuer nobody knows', () => bearer(mintToken(OPS, { iss: 'other.pub' }))],
    ['a bad signature', () => bearer(mintToken(STRANGER))],
    ['an expired token', () => bearer(mintToken(OPS, { iat: nowSeconds() - 90, exp: nowSeconds() - 60 }))],
  ])('ends the connection: %s', async (_, make) => {
    const pair = await startPair();
    const { connection, seen } = await ask(pair, [make(), make(), make()]);
    expect(seen.map(([, isLast]) => isLast)).toEqual([false, false, true]);
    await connection.closed();
    expect(pair.upstream.requests).toHaveLength(0);
  });

  it('counts whatever came between: a good one does not make up for the bad', async () => {
    const pair = await startPair();
    const good = pair.head('GET', BROKERS);
    const { connection, seen } = await ask(pair, [bearer('a'), good, withoutCredential, good, bearer('b')]);
    expect(seen).toEqual([
      [401, false],
      [200, false],
      [401, false],
      [200, false],
      [401, true],
    ]);
    await connection.closed();
  });

  it('is the last of a pipeline that is judged: what follows is neither answered nor recorded', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(bearer(mintToken(STRANGER)).repeat(5) + pair.head('GET', BROKERS));
    for (const isLast of [false, false, true]) expect(closes(await connection.next())).toBe(isLast);
    await connection.closed();
    await expect(connection.next()).rejects.toThrow('the connection ended early: ');
    await pair.records(3);
    expect(pair.upstream.requests).toHaveLength(0);
  });

  it('may be another than the third: guard.limits.refused_per_connection', async () => {
    const pair = await startPair({ guard: 'limits.refused_per_connection = 1' });
    const { connection, seen } = await ask(pair, [withoutCredential]);
    expect(seen).toEqual([[401, true]]);
    await connection.closed();
  });
});

it('a refused request is no refused credential, however many there are', async () => {
  const pair = await startPair();
  const round = [
    buildHead('GET', '/nowhere'),
    buildHead('GET', `${BROKERS}/../x`),
    pair.head('TRACE', BROKERS),
  ];
  const { seen } = await ask(pair, [...round, ...round, pair.head('GET', BROKERS)]);
  expect(seen).toEqual([404, 400, 405, 404, 400, 405, 200].map((status) => [status, false]));
});
