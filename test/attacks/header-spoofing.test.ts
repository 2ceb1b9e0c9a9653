// Attack: send the headers in which proxies tell a broker who calls and from where, also under aliases.
// Rule: fields reach the broker by an allow-list of exact names; identity is the guard's own word.
import { describe, expect, it } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';

const NAMES = [
  'X-Guard-Issuer',
  'X-Guard-Subject',
  'X_Guard_Issuer',
  'X.Guard.Subject',
  'X-Guard_Subject',
  'X-Request-Id',
  'X_Request_Id',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Uri',
  'X_Forwarded_For',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-HTTP-Method-Override',
  'X-Real-Ip',
  'Forwarded',
  'Via',
  'Cookie',
  'Cookie2',
  'Set-Cookie',
  'Origin',
  'Referer',
  'Content_Type',
  'Content.Length',
  'User_Agent',
  'Accept-Encoding',
  'Accept-Charset',
  'Proxy-Authorization',
  'Keep-Alive',
  'Proxy-Connection',
  'TE',
  'Trailer',
  '__proto__',
  'constructor',
];

describe('a header that is not on the list stays behind', () => {
  it.each(NAMES)('%s', async (name) => {
    const pair = await startPair();
    expect((await pair.ask('GET', BROKERS, [`${name}: spoofed-value`])).status).toBe(200);
    expect(pair.upstream.received()).not.toContain('spoofed-value');
  });

  it('and the subject of a token without one is not taken from the client', async () => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, ['X-Guard-Subject: root']);
    expect(pair.upstream.requests[0]?.headers.has('x-guard-subject')).toBe(false);
    expect(pair.upstream.requests[0]?.headers.get('x-guard-issuer')).toBe('ops.pub');
  });

  it('and the subject of a token that has one wins', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { sub: 'alice' });
    await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`, 'X-Guard-Subject: root']));
    expect(pair.upstream.requests[0]?.headers.get('x-guard-subject')).toBe('alice');
  });

  it.each(['evil.example', 'a:b@c', '', '127.0.0.1:1'])(
    'and the broker gets its own Host, not %j',
    async (host) => {
      const pair = await startPair();
      await pair.send(`GET ${BROKERS} HTTP/1.1\r\nHost: ${host}\r\n${pair.authorization}\r\n\r\n`);
      expect(pair.upstream.requests[0]?.headers.get('host')).toBe(`127.0.0.1:${pair.upstream.port}`);
    },
  );
});
