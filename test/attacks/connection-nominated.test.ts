// Attack: nominate the guard's own fields as hop-by-hop, so that a proxy strips what it has just added.
// Rule: nominations apply to what came in, in both directions, never to what the guard adds.
import { describe, expect, it } from 'vitest';
import { BROKERS, startPair } from '../support/pair.ts';

describe('a Connection field', () => {
  it.each(['X-Guard-Issuer', 'Authorization', 'Via', 'X-Request-Id', 'Host', 'close, x-guard-issuer'])(
    'that nominates %s takes nothing from what the guard adds',
    async (names) => {
      const pair = await startPair();
      expect((await pair.ask('GET', BROKERS, [`Connection: ${names}`])).status).toBe(200);
      const { headers } = pair.upstream.requests[0] ?? {};
      for (const name of ['host', 'authorization', 'via', 'x-request-id', 'x-guard-issuer'])
        expect(headers?.has(name)).toBe(true);
    },
  );

  it('keeps the fields it nominates from the broker, in every line and any case', async () => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, [
      'Connection: keep-alive, User-AGENT ',
      'User-Agent: hop-value',
      'Accept: hop-value',
      'Accept-Language: en',
      'Connection: accept',
    ]);
    expect(pair.upstream.received()).not.toContain('hop-value');
    expect(pair.upstream.requests[0]?.headers.get('accept-language')).toBe('en');
  });

  it('cannot take the length from a body', async () => {
    const pair = await startPair();
    await pair.post('hello', ['Connection: content-length']);
    expect(pair.upstream.requests[0]?.body.toString()).toBe('hello');
  });

  it('of the broker keeps the fields it nominates from the client', async () => {
    const pair = await startPair({
      respond: () =>
        'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nConnection: keep-alive, x-other\r\nX-Hop: 1\r\nX-Other: 2\r\n' +
        'X-Kept: 3\r\nContent-Length: 0\r\n\r\n',
    });
    const { headers } = await pair.ask();
    expect([headers.has('x-hop'), headers.has('x-other'), headers.get('x-kept')]).toEqual([
      false,
      false,
      '3',
    ]);
  });
});
