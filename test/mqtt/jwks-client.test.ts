// What an endpoint may do to a guard that fetches its keys there: nothing.
import { createServer, type RequestListener, type Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JwtSettings } from '../../src/config/mqtt.ts';
import { openStrictJwt } from '../../src/mqtt/strict-jwt.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const OPS = makeIssuer();
const NEXT = makeIssuer();
const jwkOf = (issuer: typeof OPS, kid: string) => ({ ...issuer.publicKey.export({ format: 'jwk' }), kid });
const setOf = (...keys: object[]) => JSON.stringify({ keys });

async function serve(answer: RequestListener) {
  let requests = 0;
  let current = answer;
  const server: Server = createServer((request, response) => {
    requests++;
    current(request, response);
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    requests: () => requests,
    answerWith: (other: RequestListener) => {
      current = other;
    },
  };
}

function open(endpoint: string, extra: Partial<JwtSettings['keys']> = {}) {
  const lines: string[] = [];
  const tls = {
    isVerified: true,
    caFile: undefined,
    certificateFile: undefined,
    keyFile: undefined,
    serverName: undefined,
  };
  const settings: JwtSettings = {
    mechanism: 'jwt',
    enable: true,
    precondition: undefined,
    from: 'password',
    onMissingJwt: undefined,
    keys: {
      kind: 'jwks',
      endpoint,
      headers: { accept: 'application/json' },
      refreshIntervalMs: 300_000,
      tls,
      acceptRsa256: false,
      ...extra,
    } as JwtSettings['keys'],
    verifyClaims: [],
    aclClaimName: 'acl',
    disconnectAfterExpire: true,
    requireExp: true,
  };
  const authenticator = openStrictJwt(settings, {
    name: 'jwt',
    now: Date.now,
    report: (line) => lines.push(line),
    noMatch: 'deny',
    limits: { maxTokenBytes: 8192, expToleranceSeconds: 0, iatToleranceSeconds: 30 },
  });
  onTestFinished(() => authenticator.close());
  const login = async (issuer: typeof OPS, kid?: string) => {
    const password = mintToken(issuer, {}, kid === undefined ? {} : { kid });
    const outcome = await authenticator.login({
      clientId: 'c',
      username: undefined,
      password,
      peerHost: undefined,
    });
    return outcome.kind === 'allowed' ? 'allowed' : outcome.denial.reason;
  };
  return { login, lines, ready: () => authenticator.ready() };
}

const good: RequestListener = (_, answer) => answer.end(setOf(jwkOf(OPS, 'one')));

describe('a JWKS endpoint', () => {
  it('is asked for keys by its headers, and its keys count', async () => {
    const fields: unknown[] = [];
    const { url } = await serve((request, answer) => {
      fields.push(request.headers.accept, request.headers['x-key']);
      good(request, answer);
    });
    const { login, ready } = open(url, { headers: { accept: 'application/json', 'x-key': 'k' } } as never);
    await ready();
    expect(await login(OPS, 'one')).toBe('allowed');
    expect(await login(OPS)).toBe('allowed');
    expect(await login(NEXT, 'one')).toBe('signature_invalid');
    expect(fields).toEqual(['application/json', 'k']);
  });

  it('is asked once more for a key it did not have, and not again for a flood of such tokens', async () => {
    const endpoint = await serve(good);
    const { login, ready } = open(endpoint.url);
    await ready();
    endpoint.answerWith((_, answer) => answer.end(setOf(jwkOf(OPS, 'one'), jwkOf(NEXT, 'two'))));
    expect(await login(NEXT, 'two')).toBe('allowed');
    expect(endpoint.requests()).toBe(2);
    const flood = await Promise.all(Array.from({ length: 50 }, (_, index) => login(NEXT, `none-${index}`)));
    expect(new Set(flood)).toEqual(new Set(['key_unusable']));
    expect(endpoint.requests()).toBe(2);
    expect(await login(OPS, 'one')).toBe('allowed');
  });

  it('that is down at the start is a warning, and counts from when it is up', async () => {
    const endpoint = await serve((_, answer) => answer.writeHead(503).end());
    const { login, lines, ready } = open(endpoint.url);
    await ready();
    expect(lines).toEqual([
      expect.stringMatching(/gives no usable answer \(status 503\): no token is accepted/),
    ]);
    endpoint.answerWith(good);
    expect(await login(OPS, 'one')).toBe('allowed');
  });

  it('that nobody listens at denies, within the time', async () => {
    const { login, lines, ready } = open('http://127.0.0.1:1/jwks.json');
    await ready();
    expect(await login(OPS, 'one')).toBe('key_unusable');
    expect(lines).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  it('that never answers holds no client up for more than a second', async () => {
    const { url } = await serve(() => undefined);
    const { login } = open(url);
    const before = performance.now();
    expect(await login(OPS, 'one')).toBe('key_unusable');
    expect(performance.now() - before).toBeLessThan(3000);
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      'answers a megabyte and more',
      (_, answer) => answer.end(`{"keys":[],"x":"${'x'.repeat(2 ** 20)}"}`),
      /1 MB/,
    ],
    ['sends elsewhere', (_, answer) => answer.writeHead(302, { location: '/x' }).end(), /status 302/],
    ['breaks off', (_, answer) => answer.writeHead(200, { 'content-length': 99 }).end('{"keys":'), /./],
    ['answers no JSON', (_, answer) => answer.end('<html>'), /no JWK Set/],
    ['answers a single key', (_, answer) => answer.end(JSON.stringify(jwkOf(NEXT, 'one'))), /no JWK Set/],
    [
      'fails with keys of its own',
      (_, answer) => answer.writeHead(500).end(setOf(jwkOf(NEXT, 'one'))),
      /status 500/,
    ],
  ])('that %s leaves the keys of before', async (_, bad, complaint) => {
    const endpoint = await serve(good);
    const { login, lines, ready } = open(endpoint.url);
    await ready();
    endpoint.answerWith(bad);
    // An unknown key has it asked again.
    expect(await login(NEXT, 'two')).toBe('key_unusable');
    expect(endpoint.requests()).toBe(2);
    expect(await login(OPS, 'one')).toBe('allowed');
    expect(await login(NEXT, 'one')).toBe('signature_invalid');
    expect(lines.join()).toMatch(complaint);
    expect(lines.join()).toContain('the keys of before count on');
  });

  it('whose set has members that cannot be used loses those, each with a line', async () => {
    const weak = makeIssuer(1024);
    const { d } = OPS.privateKey.export({ format: 'jwk' });
    const members = [
      5,
      { ...jwkOf(OPS, 'enc'), use: 'enc' },
      { ...jwkOf(OPS, 'ops'), key_ops: ['sign'] },
      { ...jwkOf(OPS, 'alg'), alg: 'RSA256' },
      { ...jwkOf(OPS, 'private'), d },
      { kty: 'oct', k: 'AAAA', kid: 'oct' },
      { kty: 'new', kid: 'new' },
      { kty: 'RSA', e: 'AQAB', kid: 'half' },
      jwkOf(weak, 'weak'),
      jwkOf(NEXT, 'good'),
    ];
    const { url } = await serve((_, answer) => answer.end(setOf(...(members as object[]))));
    const { login, lines, ready } = open(url);
    await ready();
    expect(lines.join('\n').split('\n')).toHaveLength(9);
    expect(await login(NEXT, 'good')).toBe('allowed');
    for (const kid of ['enc', 'ops', 'alg', 'private']) expect(await login(OPS, kid)).toBe('key_unusable');
    expect(await login(weak, 'weak')).toBe('key_unusable');
  });

  it('may spell RS256 as a published guide does, where the entry says so', async () => {
    const { url } = await serve((_, answer) => answer.end(setOf({ ...jwkOf(OPS, '1'), alg: 'RSA256' })));
    const { login, ready } = open(url, { acceptRsa256: true } as never);
    await ready();
    expect(await login(OPS, '1')).toBe('allowed');
  });
});
