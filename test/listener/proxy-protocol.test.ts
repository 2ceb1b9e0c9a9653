// guard.proxy_protocol on a running guard: who the client is, what a connection without a good header comes to, and that
// everything behind a header works as it does without one.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reloadSettings } from '../../src/config/load.ts';
import { writeSettings } from '../support/guard.ts';
import { makeTlsSettings } from '../support/https.ts';
import { BROKERS, buildHead, type Pair, startPair } from '../support/pair.ts';
import { v2Client, v2Header } from '../support/proxy-header.ts';
import { RawConnection } from '../support/raw.ts';
import { makeWorkspace } from '../support/workspace.ts';

const TRUSTING = 'trusted_proxies = ["127.0.0.1"], proxy_protocol = any';
const V1 = 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 80\r\n';

async function openAs(pair: Pair, header: string | Buffer) {
  const connection = await pair.open();
  connection.write(header);
  return connection;
}

describe('the client of a connection', () => {
  it.each([
    ['version 1', V1, '192.0.2.7'],
    ['version 1 over IPv6', 'PROXY TCP6 2001:db8::7 ::1 4711 80\r\n', '2001:db8::7'],
    ['version 2', v2Client('192.0.2.7'), '192.0.2.7'],
    ['version 1 that names nobody', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 2 of the proxy itself', v2Header({ command: 0x20, family: 0, body: [] }), '127.0.0.1'],
    ['version 2 of a socket file', v2Header({ family: 0x31, body: Array(216).fill(47) }), '127.0.0.1'],
  ])('stands in a header of %s', async (_, header, client) => {
    const pair = await startPair({ guard: TRUSTING });
    const connection = await openAs(pair, header);
    connection.write(pair.head('GET', BROKERS, ['X-Forwarded-For: 198.51.100.66']));
    expect((await connection.next()).status).toBe(200);
    connection.write(buildHead('GET', BROKERS));
    expect((await connection.next()).status).toBe(401);
    expect((await pair.records(2)).map((record) => record.client)).toEqual([client, client]);
  });

  it('is found in a header that comes byte by byte, with the request in the same segments', async () => {
    const pair = await startPair({ guard: TRUSTING });
    const connection = await pair.open();
    connection.socket.setNoDelay();
    const bytes = Buffer.concat([v2Client('192.0.2.7'), Buffer.from(pair.head('GET', BROKERS))]);
    for (let at = 0; at < 40; at++) {
      connection.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.write(bytes.subarray(40));
    expect((await connection.next()).status).toBe(200);
    expect((await pair.soleRecord()).client).toBe('192.0.2.7');
  });

  it('may send all it likes behind the header', async () => {
    const pair = await startPair({ guard: TRUSTING });
    const body = JSON.stringify({ topic: 'a', payload: 'x'.repeat(300_000) });
    const head = pair.head('POST', '/api/v4/mqtt/publish', [`Content-Length: ${body.length}`]);
    const connection = await openAs(pair, V1 + head + body);
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.toString()).toBe(body);
  });

  it('is judged by the rules about sources', async () => {
    const policy = 'policy.issuers { "ops.pub" { sources = ["192.0.2.0/24"] } }';
    const pair = await startPair({ guard: `${TRUSTING}, ${policy}` });
    const ask = async (address: string) => {
      const connection = await openAs(pair, v2Client(address));
      connection.write(pair.head('GET', BROKERS));
      return (await connection.next()).status;
    };
    expect([await ask('192.0.2.7'), await ask('198.51.100.7')]).toEqual([200, 403]);
  });

  it('stands in front of a TLS handshake too', async () => {
    const pair = await startPair({ guard: `${TRUSTING}\n ${await makeTlsSettings()}` });
    const raw = await openAs(pair, V1);
    raw.socket.removeAllListeners('data');
    const socket = connectTls({ socket: raw.socket, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const connection = new RawConnection(socket as Socket);
    connection.write(pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(200);
    connection.write('nonsense\r\n\r\n');
    expect((await connection.next()).status).toBe(400);
    expect((await pair.records(2)).map((record) => record.client)).toEqual(['192.0.2.7', '192.0.2.7']);
  });

  it('is told where its TLS handshake fails', async () => {
    const pair = await startPair({ guard: `${TRUSTING}\n ${await makeTlsSettings()}` });
    const connection = await openAs(pair, V1);
    connection.write(buildHead('GET', BROKERS));
    expect((await connection.next()).status).toBe(400);
    expect(await pair.soleRecord()).toMatchObject({ client: '192.0.2.7', reason: 'request_malformed' });
  });

  it('may come through a socket file', async () => {
    const path = join(makeWorkspace(), 'guard.sock');
    const pair = await startPair({
      guard: `listen = "unix:${path}", trusted_proxies = ["unix:"], proxy_protocol = v1`,
    });
    const socket = connect(path);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const connection = new RawConnection(socket);
    connection.write(V1 + pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(200);
    expect((await pair.soleRecord()).client).toBe('192.0.2.7');
  });
});

describe('a trusted proxy', () => {
  it.each([
    ['sends no header', TRUSTING, ''],
    ['sends one of another version', TRUSTING.replace('any', 'v2'), V1],
    ['sends a second one', TRUSTING, V1 + V1],
    ['sends a longer one than its frame', TRUSTING, v2Header({ family: 0x11, body: [1, 2, 3] })],
  ])('that %s gets no answer from the broker', async (_, guard, header) => {
    const pair = await startPair({ guard });
    const connection = await openAs(pair, header);
    connection.write(pair.head('GET', BROKERS));
    const answer = await connection.next();
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([400, 'request_malformed']);
    await connection.closed();
    expect(pair.upstream.requests).toEqual([]);
    expect((await pair.soleRecord()).reason).toBe('request_malformed');
  });

  it('that sends half a header is given up', async () => {
    const pair = await startPair({ guard: TRUSTING });
    const connection = await openAs(pair, 'PROXY TCP4 ');
    const answer = await connection.next();
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([408, 'request_timeout']);
    expect(await pair.soleRecord()).toMatchObject({ client: '127.0.0.1', reason: 'request_timeout' });
  });

  it('that only looks whether the port is open leaves no record', async () => {
    const pair = await startPair({ guard: TRUSTING });
    const connection = await pair.open();
    connection.socket.end();
    await connection.closed();
    expect(pair.guard.records).toEqual([]);
  });

  it('that speaks clear text to a TLS listener is cut off', async () => {
    const pair = await startPair({ guard: `${TRUSTING}\n ${await makeTlsSettings()}` });
    const connection = await openAs(pair, buildHead('GET', BROKERS));
    await connection.closed();
    expect(connection.received.length).toBe(0);
    expect((await pair.soleRecord()).reason).toBe('request_malformed');
  });
});

describe('whoever is no trusted proxy', () => {
  const OTHERS = TRUSTING.replace('127.0.0.1', '10.0.0.1');

  it('is served under its own address, without a header', async () => {
    const pair = await startPair({ guard: OTHERS });
    expect((await pair.ask()).status).toBe(200);
    expect((await pair.soleRecord()).client).toBe('127.0.0.1');
  });

  it.each([
    ['version 1', V1],
    ['version 2', v2Client('192.0.2.7')],
  ])('cannot take another address with a header of %s', async (_, header) => {
    const pair = await startPair({ guard: OTHERS });
    const connection = await openAs(pair, header);
    connection.write(pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(400);
    expect((await pair.soleRecord()).client).toBe('127.0.0.1');
    expect(pair.upstream.requests).toEqual([]);
  });
});

describe('a reload', () => {
  it('counts for the connections that follow', async () => {
    const pair = await startPair();
    expect((await pair.ask()).status).toBe(200);
    const file = writeSettings(pair.guard.directory, {
      upstreamUrl: pair.upstream.url,
      keys: {},
      guard: TRUSTING,
    });
    await pair.guard.running.reload(reloadSettings(file));
    const connection = await openAs(pair, V1 + pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(200);
    expect((await pair.records(2)).map((record) => record.client)).toEqual(['127.0.0.1', '192.0.2.7']);
  });
});
