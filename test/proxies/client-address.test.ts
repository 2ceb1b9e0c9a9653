// The real nginx and HAProxy in front of a guard: the client that audit records name, and rules about sources judge, is
// the proxy's own client, whatever that sends.
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { describe, expect, it } from 'vitest';
import { NGINX_STREAM, startFrontProxy } from '../support/front-proxy.ts';
import { until } from '../support/guard.ts';
import { makeTlsSettings } from '../support/https.ts';
import { BROKERS, type Pair, startPair } from '../support/pair.ts';
import { lacks, MAY_SKIP } from '../support/tools.ts';

/** Not the address that the proxies have towards the guard. */
const CLIENT = '127.0.0.2';
const SOURCES = `policy.issuers { "ops.pub" { sources = ["${CLIENT}"] } }`;
const BY_FIELD = `trusted_proxies = ["127.0.0.1"]\n ${SOURCES}`;
const BY_HEADER = `proxy_protocol = any\n ${BY_FIELD}`;

interface Call {
  readonly tls?: boolean;
  readonly from?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}

/** One call through the proxy; gives its status. */
function call(pair: Pair, port: number, { tls = false, from = CLIENT, headers = {} }: Call = {}) {
  return new Promise<number | undefined>((resolve, reject) => {
    const request = (tls ? https : http).request({
      host: '127.0.0.1',
      port,
      path: BROKERS,
      localAddress: from,
      rejectUnauthorized: false,
      agent: false,
      headers: { authorization: `Bearer ${pair.token}`, ...headers },
    });
    request.on('error', reject).on('response', (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    request.end();
  });
}

async function expectClients(pair: Pair, port: number, tls = false) {
  expect(await call(pair, port, { tls })).toBe(200);
  expect(await call(pair, port, { tls, from: '127.0.0.3' })).toBe(403);
  const forged = { 'x-forwarded-for': [CLIENT, '127.0.0.1', `${CLIENT},`] };
  expect(await call(pair, port, { tls, from: '127.0.0.3', headers: forged })).toBe(403);
  const records = await pair.records(3);
  expect(records.map((record) => record.client)).toEqual([CLIENT, '127.0.0.3', '127.0.0.3']);
}

const lacksHaproxy = lacks('haproxy');
const lacksNginx = lacks('nginx');
const lacksStream = lacksNginx || (MAY_SKIP && !existsSync(NGINX_STREAM));
if (lacksHaproxy || lacksStream)
  console.warn('SKIPPED: a guard behind proxies needs the packages haproxy, nginx and libnginx-mod-stream');

describe.skipIf(lacksNginx)('behind nginx', () => {
  it('the client stands in X-Forwarded-For', async () => {
    const pair = await startPair({ guard: BY_FIELD });
    await expectClients(pair, await startFrontProxy('nginx', 'X-Forwarded-For', pair.guard.port));
  });

  it('the client of a https guard does', async () => {
    const pair = await startPair({ guard: `${BY_FIELD}\n ${await makeTlsSettings()}` });
    const toHttps = (text: string) => text.replace('proxy_pass http:', 'proxy_pass https:');
    await expectClients(pair, await startFrontProxy('nginx', 'X-Forwarded-For', pair.guard.port, toHttps));
  });
});

describe.skipIf(lacksStream)("behind nginx's stream", () => {
  it.each([false, true])('the client stands in the PROXY header, https %s', async (tls) => {
    const pair = await startPair({ guard: `${BY_HEADER}\n ${tls ? await makeTlsSettings() : ''}` });
    await expectClients(pair, await startFrontProxy('nginx', 'proxy_protocol on', pair.guard.port), tls);
  });
});

describe.skipIf(lacksHaproxy)('behind HAProxy', () => {
  it('the client stands in X-Forwarded-For, a field of its own behind those of the client', async () => {
    const pair = await startPair({ guard: BY_FIELD });
    await expectClients(pair, await startFrontProxy('haproxy', 'forwardfor', pair.guard.port));
  });

  it.each([
    ['send-proxy', false],
    ['send-proxy', true],
    ['send-proxy-v2', false],
    ['send-proxy-v2', true],
    ['send-proxy-v2-ssl-cn', true],
  ])('the client stands in the PROXY header of %s, https %s', async (word, tls) => {
    const pair = await startPair({ guard: `${BY_HEADER}\n ${tls ? await makeTlsSettings() : ''}` });
    const change = (text: string) => text.replace('send-proxy-v2', word);
    await expectClients(pair, await startFrontProxy('haproxy', 'send-proxy', pair.guard.port, change), tls);
  });

  it('its own checks leave no record', async () => {
    const pair = await startPair({ guard: BY_HEADER });
    const often = (text: string) => text.replace('check', 'check inter 5ms');
    const port = await startFrontProxy('haproxy', 'send-proxy', pair.guard.port, often);
    for (let calls = 0; calls < 20; calls++) expect(await call(pair, port)).toBe(200);
    await pair.records(20);
    expect(new Set(pair.guard.records.map((record) => record.client))).toEqual(new Set([CLIENT]));
  });

  it('a guard that expects no PROXY header refuses it', async () => {
    const pair = await startPair({ guard: BY_FIELD });
    const port = await startFrontProxy('haproxy', 'send-proxy', pair.guard.port);
    expect(await call(pair, port)).toBe(400);
    await until(() => pair.guard.records.length > 0, 'a record');
    expect(pair.upstream.requests).toEqual([]);
  });
});
