// Attack: two Authorization fields, of which the guard would judge one and the broker read the other.
// Rule: exactly one field; the client's own is never forwarded.
import { describe, expect, it } from 'vitest';
import { BROKER_PASSWORD } from '../support/guard.ts';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a second Authorization field is refused', () => {
  it.each([
    ['the same token twice', (good: string) => [good, good]],
    ['a good one, then Basic', (good: string) => [good, 'Authorization: Basic YTpi']],
    ['Basic, then a good one', (good: string) => ['Authorization: Basic YTpi', good]],
    ['an empty one, then a good one', (good: string) => ['Authorization:', good]],
    ['a good one, then one in capitals', (good: string) => [good, 'AUTHORIZATION: Basic YTpi']],
    ['apart from each other', (good: string) => [good, 'Accept: a/b', 'authorization: Basic YTpi']],
  ])('%s', async (_, lines) => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, lines(pair.authorization)));
    await expectRefusal(pair, answer, 'token_repeated');
  });
});

describe('the credential the broker reads', () => {
  it('is the own one of the guard, once', async () => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, ['X-Authorization: Basic YTpi', 'Proxy-Authorization: Basic YTpi']);
    const basic = Buffer.from(`broker:${BROKER_PASSWORD}`).toString('base64');
    expect(pair.upstream.received().match(/authorization/gi)).toHaveLength(1);
    expect(pair.upstream.requests[0]?.headers.get('authorization')).toBe(`Basic ${basic}`);
    expect(pair.upstream.received()).not.toContain(pair.token);
  });

  it('is none where the broker asks for none', async () => {
    const pair = await startPair({ guard: 'upstream.credentials = none' });
    expect((await pair.ask()).status).toBe(200);
    expect(pair.upstream.received().toLowerCase()).not.toContain('authorization');
  });
});
