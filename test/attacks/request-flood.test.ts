// Attack: the holder of a good token asks for as much as connections and pipelines carry, and the broker does nothing else.
// Rule: so many requests a second of one issuer and subject (guard.limits.requests); more are answered 429. Other callers,
// those of the same issuer too, are untouched.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, startPair } from '../support/pair.ts';

const OTHER = makeIssuer();
const KEYS = { 'ops.pub': OPS.publicPem, 'other.pub': OTHER.publicPem };

const bearer = (claims: object = {}, issuer = OPS) =>
  buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(issuer, { ...claims })}`]);

// The time of day alone: a second goes by when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => void vi.useRealTimers());

const startLimited = (guard = 'limits.requests = 3') => startPair({ keys: KEYS, guard });

async function statuses(pair: Pair, requests: readonly string[]): Promise<number[]> {
  const connection = await pair.open();
  connection.write(requests.join(''));
  const seen: number[] = [];
  for (const _ of requests) seen.push((await connection.next()).status);
  return seen;
}

it('the fourth of three a second is 429, pipelined too, and never comes to the broker', async () => {
  const pair = await startLimited();
  expect(await statuses(pair, Array(6).fill(bearer({ sub: 'tim' })))).toEqual([200, 200, 200, 429, 429, 429]);
  expect(pair.upstream.requests).toHaveLength(3);
  const record = (await pair.records(6))[3];
  expect(record).toMatchObject({
    ...{ outcome: 'denied', reason: 'too_many_requests', issuer: 'ops.pub', subject: 'tim' },
  });
});

it('the caller is told how many there may be, and when to come again', async () => {
  const pair = await startLimited('limits.requests = 1');
  await pair.send(bearer());
  const { status, headers, body } = await pair.send(bearer());
  expect([status, headers.get('retry-after')]).toEqual([429, '1']);
  expect(JSON.parse(body).message).toBe(
    'Too many requests. Try again after the seconds that Retry-After says. This caller may make 1 a second.',
  );
});

it('another second brings as many again', async () => {
  const pair = await startLimited();
  const four = Array(4).fill(bearer());
  expect(await statuses(pair, four)).toEqual([200, 200, 200, 429]);
  vi.setSystemTime(Date.now() + 1000);
  expect(await statuses(pair, four)).toEqual([200, 200, 200, 429]);
});

it('another token is no other caller; another subject and another issuer are', async () => {
  const pair = await startLimited();
  await statuses(pair, Array(3).fill(bearer({ sub: 'tim' })));
  expect(await statuses(pair, [bearer({ sub: 'tim', jti: 'new' })])).toEqual([429]);
  expect(await statuses(pair, [bearer({ sub: 'eva' }), bearer()])).toEqual([200, 200]);
  expect(await statuses(pair, [bearer({ iss: 'other.pub', sub: 'tim' }, OTHER)])).toEqual([200]);
});

it('what the caller may not do counts as well', async () => {
  const pair = await startLimited('limits.requests = 3\n policy.default_role = none');
  expect(await statuses(pair, Array(4).fill(bearer()))).toEqual([403, 403, 403, 429]);
});

it('what is open without a token counts for nobody', async () => {
  const open = 'policy.open = { actions = brokers.list, sources = "127.0.0.1" }';
  const pair = await startLimited(`limits.requests = 1\n ${open}`);
  expect(await statuses(pair, Array(3).fill(buildHead('GET', BROKERS)))).toEqual([200, 200, 200]);
});

it('nobody is counted unless the settings say so', async () => {
  const pair = await startLimited('');
  expect(new Set(await statuses(pair, Array(90).fill(bearer())))).toEqual(new Set([200]));
});
