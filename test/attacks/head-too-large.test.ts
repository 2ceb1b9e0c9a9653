// Attack: a head the broker hangs up on without an answer, or one that costs memory to hold.
// Rule: 431 above 16 KiB from the client, and 431 where the broker's head would exceed 8,191 bytes.
import { describe, expect, it } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { ANY_METHOD, BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('the head from the client', () => {
  it.each([
    ['in one field', (rest: number) => [`X: ${'x'.repeat(rest)}`]],
    ['in many fields', (rest: number) => Array.from({ length: rest / 10 }, () => 'X-A: xyz')],
  ])('over 16 KiB %s is refused', async (_, lines) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', BROKERS, lines(16_384)), 'head_too_large');
  });

  it('over 16 KiB in its target is refused', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', `/api/v4/${'x'.repeat(17_000)}`), 'head_too_large');
  });

  it('with so many lines that the parser drops some is refused', async () => {
    const pair = await startPair();
    const lines = [...Array.from({ length: 2100 }, () => 'a:'), 'Authorization: Basic YTpi'];
    await expectRefusal(pair, await pair.ask('GET', BROKERS, lines), 'head_too_large');
  });

  it('of 15 KiB passes when the broker needs little of it', async () => {
    const pair = await startPair();
    expect((await pair.ask('GET', BROKERS, [`X: ${'x'.repeat(15_000 - pair.token.length)}`])).status).toBe(
      200,
    );
  });
});

describe('the head from the client, where tokens may be of 32 KB', () => {
  const guard = 'token.max_bytes = 32KB';

  it('has room for such a token and 4 KB more', async () => {
    const pair = await startPair({ guard });
    const token = mintToken(OPS, { note: 'x'.repeat(24_000) });
    expect(token.length).toBeGreaterThan(32_000);
    const head = buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`, `X: ${'x'.repeat(3000)}`]);
    expect((await pair.send(head)).status).toBe(200);
    expect(pair.upstream.requests[0]?.head.length).toBeLessThan(1000);
  });

  it('has no more room than that', async () => {
    const pair = await startPair({ guard });
    await expectRefusal(
      pair,
      await pair.ask('GET', BROKERS, [`X: ${'x'.repeat(36 * 1024)}`]),
      'head_too_large',
    );
  });

  it('says of a longer token that it is too long', async () => {
    const pair = await startPair({ guard });
    const token = mintToken(OPS, { note: 'x'.repeat(25_000) });
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    await expectRefusal(pair, answer, 'token_too_long');
  });
});

describe('the head for the broker', () => {
  it('takes the longest target that fits, and refuses one byte more', async () => {
    const pair = await startPair({ guard: ANY_METHOD });
    let fits = 7000;
    let tooLong = 9000;
    while (tooLong - fits > 1) {
      const length = Math.floor((fits + tooLong) / 2);
      const { status } = await pair.ask('GET', `/api/v4/${'x'.repeat(length)}`);
      expect([200, 431]).toContain(status);
      if (status === 200) fits = length;
      else tooLong = length;
    }
    const longest = Math.max(...pair.upstream.requests.map(({ head }) => head.length));
    expect(longest).toBeLessThanOrEqual(8191);
    expect(longest).toBeGreaterThan(8000);
  });

  it('counts fields as much as the target', async () => {
    const pair = await startPair();
    await expectRefusal(
      pair,
      await pair.ask('GET', BROKERS, [`Accept: ${'x'.repeat(8100)}`]),
      'head_too_large',
    );
  });

  it('counts a subject in its escaped length', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { sub: '\u{1f512}'.repeat(800) });
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    await expectRefusal(pair, answer, 'head_too_large');
    expect(JSON.parse(answer.body).message).toMatch(
      /sub that is too long .*: mint one with a shorter sub\.$/,
    );
  });
});
