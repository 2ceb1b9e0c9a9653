// The service listener of a started guard, over a raw socket.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startTestGuard, until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { openRaw, sendRaw } from '../support/raw.ts';
import { startUpstream } from '../support/upstream.ts';

const OPS = makeIssuer();
const DEV = makeIssuer();

async function start(keys: Record<string, string>, guard = '') {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const started = await startTestGuard({ upstreamUrl: upstream.url, keys, guard });
  onTestFinished(() => started.stop());
  const ask = (path: string, method = 'GET') =>
    sendRaw(
      started.servicePort,
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
  return { started, upstream, ask };
}

describe('the service listener', () => {
  it('/livez says that the process is alive, whatever the broker does', async () => {
    const { upstream, ask } = await start({});
    await upstream.close();
    const answer = await ask('/livez');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ alive: true });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('/readyz is 200 with a usable key and a broker that answers', async () => {
    const { ask, upstream } = await start({ 'ops.pub': OPS.publicPem });
    const answer = await ask('/readyz');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ ready: true, usable_issuers: 1, upstream: 'ok' });
    expect(upstream.requests.at(-1)?.headers.get('authorization')).toMatch(/^Basic /);
  });

  it('/readyz is 503 without a usable key, and 200 once there is one', async () => {
    const { ask, started } = await start({ 'bad.pub': 'x' });
    const before = await ask('/readyz');
    expect(before.status).toBe(503);
    expect(JSON.parse(before.body)).toMatchObject({ ready: false, usable_issuers: 0, upstream: 'ok' });
    expect(JSON.parse(before.body).message).toMatch(/broker-guard keygen NAME/);
    writeFileSync(join(started.keysDirectory, 'ops.pub'), OPS.publicPem);
    await until(() => started.lines.some((line) => line.startsWith('ops.pub: key added')), 'the key is read');
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('/readyz is 503 while the broker is down, and names the settings', async () => {
    const { ask, upstream } = await start({ 'ops.pub': OPS.publicPem });
    await upstream.close();
    const answer = await ask('/readyz');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ ready: false, upstream: 'upstream_unreachable' });
    expect(JSON.parse(answer.body).message).toMatch(/guard\.upstream\.url/);
  });

  it('/readyz is 503 where the broker refuses the credentials of the guard', async () => {
    const upstream = await startUpstream(() => 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    onTestFinished(() => upstream.close());
    const started = await startTestGuard({ upstreamUrl: upstream.url, keys: { 'ops.pub': OPS.publicPem } });
    onTestFinished(() => started.stop());
    const answer = await sendRaw(
      started.servicePort,
      'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ upstream: 'upstream_broken' });
  });

  it('/readyz is 200 while every connection to the broker is in use, and says so', async () => {
    let isHeld = false;
    // The answer begins and does not end: the one connection stays taken.
    const upstream = await startUpstream(() => {
      isHeld = true;
      return 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n';
    });
    onTestFinished(() => upstream.close());
    const started = await startTestGuard({
      upstreamUrl: upstream.url,
      keys: { 'ops.pub': OPS.publicPem },
      guard: 'drain = 1ms, upstream.connections = 1, upstream.timeouts.headers = 100ms',
    });
    onTestFinished(() => started.stop());
    const client = await openRaw(started.port);
    onTestFinished(() => client.destroy());
    client.write(`GET /api/v4 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mintToken(OPS)}\r\n\r\n`);
    await until(() => isHeld, 'the connection is taken');
    const answer = await sendRaw(
      started.servicePort,
      'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ ready: true, usable_issuers: 1, upstream: 'busy' });
  });

  it('/.well-known/jwks.json is made once for as long as the keys stay', async () => {
    const { ask, started } = await start({ 'ops.pub': OPS.publicPem });
    const made = vi.spyOn(JSON, 'stringify');
    onTestFinished(() => made.mockRestore());
    const countSets = () => made.mock.calls.filter(([value]) => Array.isArray(value?.keys)).length;
    const first = await ask('/.well-known/jwks.json');
    expect(countSets()).toBe(1);
    expect((await ask('/.well-known/jwks.json')).body).toBe(first.body);
    expect(countSets()).toBe(1);
    writeFileSync(join(started.keysDirectory, 'dev.pub'), DEV.publicPem);
    await until(() => started.lines.some((line) => line.startsWith('dev.pub: key added')), 'the key is read');
    expect(JSON.parse((await ask('/.well-known/jwks.json')).body).keys).toHaveLength(2);
  });

  it('/.well-known/jwks.json shows each key with its thumbprint as kid, alg and use, and nothing private', async () => {
    const { ask } = await start({
      'ops.pub': OPS.publicPem,
      'both.pub': OPS.publicPem + DEV.publicPem,
      'bad.pub': 'x',
    });
    const answer = await ask('/.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    const { keys } = JSON.parse(answer.body);
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      expect(key).toMatchObject({
        kty: 'RSA',
        alg: 'RS256',
        use: 'sig',
        kid: await calculateJwkThumbprint(key),
      });
    }
    const kid = await calculateJwkThumbprint(OPS.publicKey.export({ format: 'jwk' }) as never);
    const verified = await jwtVerify(mintToken(OPS, {}, { kid }), createLocalJWKSet({ keys }));
    expect(verified.payload.iss).toBe('ops.pub');
  });

  it('/.well-known/jwks.json follows the keys directory and is an empty set without keys', async () => {
    const { ask, started } = await start({});
    expect(JSON.parse((await ask('/.well-known/jwks.json')).body)).toEqual({ keys: [] });
    writeFileSync(join(started.keysDirectory, 'ops.pub'), OPS.publicPem);
    await until(() => started.lines.some((line) => line.startsWith('ops.pub: key added')), 'the key is read');
    expect(JSON.parse((await ask('/.well-known/jwks.json')).body).keys).toHaveLength(1);
  });

  it('an unknown path is 404 and names the known ones; another method is 405', async () => {
    const { ask } = await start({});
    const answer = await ask('/api/v4/brokers');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).message).toBe(
      'Not here. Try /livez, /readyz, /metrics or /.well-known/jwks.json.',
    );
    const post = await ask('/livez', 'POST');
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('HEAD, GET');
  });

  it('HEAD is answered without a body', async () => {
    const { ask } = await start({ 'ops.pub': OPS.publicPem });
    const answer = await sendRawHead(ask);
    expect(answer).toMatchObject({ status: 200, body: '' });
  });

  it('forwards nothing, even with a good token', async () => {
    const { started, upstream } = await start({ 'ops.pub': OPS.publicPem });
    const before = upstream.requests.length;
    const request = `GET /api/v4/brokers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${mintToken(OPS)}\r\nConnection: close\r\n\r\n`;
    expect((await sendRaw(started.servicePort, request)).status).toBe(404);
    expect(upstream.requests).toHaveLength(before);
  });
});

const sendRawHead = (ask: (path: string, method: string) => ReturnType<typeof sendRaw>) =>
  ask('/.well-known/jwks.json', 'HEAD').catch((error: Error) => {
    throw new Error(`no answer to HEAD: ${error.message}`);
  });
