// Attack: a preflight, an override or an unusual method, for a proxy that lets such requests pass unjudged.
// Rule: the profile's methods only; everything else is answered here, token or not.
import { describe, expect, it } from 'vitest';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a method the profile does not list', () => {
  it.each(['OPTIONS', 'TRACE', 'PATCH', 'PROPFIND', 'PURGE', 'LINK', 'SEARCH', 'M-SEARCH', 'QUERY'])(
    '%s is answered by the guard',
    async (method) => {
      const pair = await startPair();
      const answer = await pair.ask(method);
      const reason = JSON.parse(answer.body).reason;
      expect(['method_not_allowed', 'request_malformed']).toContain(reason);
      await expectRefusal(pair, answer, reason);
    },
  );
});

describe('a preflight', () => {
  const LINES = ['Origin: http://other.example', 'Access-Control-Request-Method: POST'];
  it.each([
    ['without a token', () => buildHead('OPTIONS', BROKERS, LINES)],
    ['for every path', () => buildHead('OPTIONS', '/api/v4', LINES)],
  ])('%s is never forwarded and allows nothing', async (_, head) => {
    const pair = await startPair();
    const answer = await pair.send(head());
    await expectRefusal(pair, answer, 'method_not_allowed');
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('of an origin that is not named does not get further where another one is', async () => {
    const pair = await startPair({ guard: 'cors.origins = ["http://console.example"]' });
    const answer = await pair.send(buildHead('OPTIONS', BROKERS, LINES));
    await expectRefusal(pair, answer, 'method_not_allowed');
  });

  it('for the whole server is ambiguous', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.send(buildHead('OPTIONS', '*', LINES)), 'target_ambiguous');
  });
});

describe('a method override', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    '%s stays behind',
    async (name) => {
      const pair = await startPair();
      await pair.ask('GET', BROKERS, [`${name}: DELETE`]);
      expect(pair.upstream.received()).not.toContain('DELETE');
      expect(pair.upstream.requests[0]?.requestLine).toBe(`GET ${BROKERS} HTTP/1.1`);
    },
  );
});

describe('a user agent that health checks use', () => {
  it.each(['GoogleHC/1.0', 'kube-probe/1.30', 'ELB-HealthChecker/2.0'])('%s opens no door', async (agent) => {
    const pair = await startPair();
    await expectRefusal(
      pair,
      await pair.send(buildHead('GET', BROKERS, [`User-Agent: ${agent}`])),
      'token_missing',
    );
  });
});
