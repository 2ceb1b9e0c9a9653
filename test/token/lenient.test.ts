// Tokens minted for NanoMQ itself, by a guard whose settings let them pass, over a real socket.
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { writeSettings } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';

const ask = (pair: Pair, claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(OPS, claims, header)}`]));

describe('token.body_encode = plain', () => {
  it('lets a token with bodyEncode 1 read and publish, with bodies as they are', async () => {
    const pair = await startPair({ guard: 'token.body_encode = plain' });
    expect((await ask(pair, { bodyEncode: 1 })).status).toBe(200);
    const token = mintToken(OPS, { bodyEncode: 1 });
    const body = '{"topic":"a/b","payload":"hello"}';
    const lines = [`Authorization: Bearer ${token}`, `Content-Length: ${body.length}`];
    expect((await pair.send(buildHead('POST', PUBLISH, lines) + body)).status).toBe(200);
    expect(pair.upstream.requests.map((request) => String(request.body))).toEqual(['', body]);
  });

  it('is what the refusal of such a token advises', async () => {
    const pair = await startPair();
    const { reason, message } = JSON.parse((await ask(pair, { bodyEncode: 1 })).body);
    expect(reason).toBe('body_invalid');
    expect(message).toContain('guard.token.body_encode set to plain');
  });

  it('is said at the start', async () => {
    const pair = await startPair();
    const { directory } = pair.guard;
    const options = { upstreamUrl: pair.upstream.url, keys: {}, guard: 'token.body_encode = plain' };
    const { warnings } = loadSettings(writeSettings(directory, options));
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^guard\.token\.body_encode is plain: .* bodies travel as they are$/),
    );
  });
});

it('token.iat = optional lets a token without iat pass', async () => {
  const pair = await startPair({ guard: 'token.iat = optional' });
  expect((await ask(pair, { iat: undefined })).status).toBe(200);
});

it('token.types lets other types pass', async () => {
  const pair = await startPair({ guard: 'token.types = [JWT, "at+jwt"]' });
  expect((await ask(pair, {}, { typ: 'at+JWT' })).status).toBe(200);
  expect((await ask(pair, {}, { typ: 'JWS' })).status).toBe(401);
});

describe('token.max_bytes', () => {
  const long = { groups: 'x'.repeat(24_000) };

  it('of 32KB lets a token of that size pass, and none of it reaches the broker', async () => {
    const pair = await startPair({ guard: 'token.max_bytes = 32KB' });
    expect(mintToken(OPS, long).length).toBeGreaterThan(32_000);
    expect((await ask(pair, long)).status).toBe(200);
    expect(pair.upstream.received().length).toBeLessThan(1000);
  });

  it('of 12KB refuses a longer one in its own words, where the head still fits', async () => {
    const pair = await startPair({ guard: 'token.max_bytes = 12KB' });
    const answer = await ask(pair, { groups: 'x'.repeat(9_500) });
    expect(JSON.parse(answer.body).reason).toBe('token_too_long');
  });
});
