// Attack: uploads that do not end, hundreds of them with one good token, so that memory or every connection to the broker
// is theirs.
// Rule: what is collected is bounded, for all callers and for each issuer; large uploads hold half of the connections at
// most, those of one issuer a quarter; a caller has guard.limits.upload for a body. Small calls pass beside all of it.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import type { RawConnection } from '../support/raw.ts';

const DEV = makeIssuer();
const KEYS = { 'ops.pub': OPS.publicPem, 'dev.pub': DEV.publicPem };
const DEV_LINE = `Authorization: Bearer ${mintToken(DEV, { iss: 'dev.pub' })}`;
const KIB = 1024;
const MIB = 1024 * KIB;
const UPLOADS = 500;
const CHUNKED = ['Transfer-Encoding: chunked'];

const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

async function begin(pair: Pair, bytes: string | Buffer): Promise<RawConnection> {
  const connection = await pair.open();
  connection.write(bytes);
  return connection;
}

/** All of them send the same memory: what grows is the guard's. */
function beginMany(pair: Pair, count: number, text: string): Promise<RawConnection[]> {
  const bytes = Buffer.from(text, 'latin1');
  return Promise.all(Array.from({ length: count }, () => begin(pair, bytes)));
}

const answered = (uploads: readonly RawConnection[]) => uploads.filter(({ received }) => received.length > 0);

/** Good callers of both issuers: reads, small publishes, and one that takes its time within what it is given. */
async function expectServed(pair: Pair): Promise<void> {
  const body = '{"topic":"a","payload":"b"}';
  const dripping = await begin(pair, pair.head('POST', PUBLISH, ['Content-Length: 2']));
  const calls = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0 ? pair.ask('GET', BROKERS) : pair.post(body),
  );
  const ofDev = pair.send(
    buildHead('POST', PUBLISH, [DEV_LINE, `Content-Length: ${60 * KIB}`]) + 'y'.repeat(60 * KIB),
  );
  for (const { status } of await Promise.all([...calls, ofDev])) expect(status).toBe(200);
  for (const byte of '{}') dripping.write(byte);
  expect((await dripping.next()).status).toBe(200);
}

describe('five hundred uploads of one token that do not end', () => {
  it('in chunks are collected up to the bound of their issuer, and the rest is refused', async () => {
    const pair = await startPair({ keys: KEYS });
    const before = process.memoryUsage().arrayBuffers;
    const uploads = await beginMany(pair, UPLOADS, pair.head('POST', PUBLISH, CHUNKED) + chunk(900 * KIB));
    await until(() => answered(uploads).length >= UPLOADS - 9, 'the refusals');
    // 8 MB hold eight of them at most; each piece of memory may have grown to twice of what is in it.
    expect(answered(uploads).length).toBeLessThan(UPLOADS);
    for (const one of answered(uploads)) {
      const answer = await one.next();
      expect([answer.status, JSON.parse(answer.body).reason]).toEqual([503, 'upstream_busy']);
      expect([answer.headers.get('retry-after'), answer.headers.get('connection')]).toEqual(['1', 'close']);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
    await expectServed(pair);
    expect(pair.upstream.requests).toHaveLength(22);
  });

  it('of a small known length take no connection to the broker', async () => {
    const pair = await startPair({ keys: KEYS, guard: 'upstream.connections = 2' });
    await beginMany(pair, UPLOADS, `${pair.head('POST', PUBLISH, [`Content-Length: ${64 * KIB}`])}{`);
    await expectServed(pair);
    expect(pair.upstream.requests).toHaveLength(22);
  });

  it('of a large known length hold a quarter of the connections at most', async () => {
    const pair = await startPair({ keys: KEYS, guard: 'upstream.connections = 8' });
    const head = pair.head('PUT', '/api/v4/rules/1', [`Content-Length: ${MIB}`]);
    await beginMany(pair, UPLOADS, head + 'x'.repeat(64 * KIB));
    const open = () => pair.upstream.connections().open;
    await until(() => open() === 2, 'two uploads at the broker');
    await expectServed(pair);
    // Those that were opened for the others are kept a while.
    expect(pair.upstream.received().match(/PUT /g)).toHaveLength(2);
  });

  it('of two issuers hold half of the connections at most', async () => {
    const pair = await startPair({ keys: KEYS, guard: 'upstream.connections = 8' });
    const [fields, part] = [[`Content-Length: ${MIB}`], 'x'.repeat(64 * KIB)];
    await beginMany(pair, 20, pair.head('PUT', '/api/v4/rules/1', fields) + part);
    await beginMany(pair, 20, buildHead('PUT', '/api/v4/rules/2', [DEV_LINE, ...fields]) + part);
    const uploads = () => pair.upstream.received().match(/PUT \S+/g) ?? [];
    await until(() => uploads().length === 4, 'four uploads at the broker');
    await expectServed(pair);
    expect(uploads().sort()).toEqual([
      'PUT /api/v4/rules/1',
      'PUT /api/v4/rules/1',
      'PUT /api/v4/rules/2',
      'PUT /api/v4/rules/2',
    ]);
  });
});

describe('an upload that takes too long', () => {
  // What comes late on a busy machine is not stalled: only the whole may be over.
  const SLOW = 'limits.upload = 1s, upstream.timeouts { connect = 5s, headers = 10s, body = 10s }';

  it.each([
    ['in chunks', CHUNKED, '1\r\nx\r\n'],
    ['small', ['Content-Length: 1000'], 'x'],
    ['large, at the broker', ['Content-Length: 900000'], 'x'],
  ])('%s, drips and drips, is 408, and its place is free', async (what, fields, drop) => {
    const pair = await startPair({ guard: `upstream.connections = 1, ${SLOW}` });
    const isLarge = what.startsWith('large');
    const dripping = await begin(
      pair,
      pair.head('PUT', '/api/v4/rules/1', fields) + (isLarge ? 'x'.repeat(70_000) : ''),
    );
    const begun = performance.now();
    const drops = setInterval(() => dripping.write(drop), 50);
    const answer = await dripping.next();
    clearInterval(drops);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([408, 'request_timeout']);
    expect(answer.headers.get('connection')).toBe('close');
    expect((await pair.ask()).status).toBe(200);
    const [record] = await pair.records(2);
    expect(record).toMatchObject({ outcome: 'denied', reason: 'request_timeout', status: 408 });
  });

  it('may take as long as the broker takes: that is not the caller who is late', async () => {
    const pair = await startPair({
      // What is left of the two seconds is for this machine, which reads and writes all of it in one process.
      guard: 'limits.upload = 2s, upstream.timeouts { connect = 5s, headers = 5s, body = 8s }',
      httpServer: 'max_body = 33554432',
      respondEarly: (_, socket) => {
        if (!socket.isPaused()) {
          socket.pause();
          setTimeout(() => socket.resume(), 3000);
        }
        return undefined;
      },
    });
    const body = Buffer.alloc(14 * MIB, 'x');
    const connection = await begin(
      pair,
      pair.head('PUT', '/api/v4/rules/1', [`Content-Length: ${body.length}`]),
    );
    connection.write(body);
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.equals(body)).toBe(true);
  });
});

describe('a body without a length', () => {
  it('that is larger than what may be collected is too large, however empty the guard', async () => {
    const pair = await startPair({ guard: 'limits { collected = 32MB, collected_per_issuer = 256KB }' });
    const answer = await pair.ask('POST', PUBLISH, CHUNKED, `${chunk(300 * KIB)}0\r\n\r\n`);
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([413, 'body_too_large']);
    const whole = await pair.ask('POST', PUBLISH, CHUNKED, `${chunk(250 * KIB)}0\r\n\r\n`);
    expect(whole.status).toBe(200);
  });

  it('gives its room back, whatever becomes of it', async () => {
    const pair = await startPair({ guard: 'limits { collected = 256KB, collected_per_issuer = 256KB }' });
    const part = chunk(200 * KIB);
    for (let round = 0; round < 5; round++) {
      const leaving = await begin(pair, pair.head('POST', PUBLISH, CHUNKED) + part);
      // Once a call behind it has been answered its part has been read.
      await pair.ask('GET', '/elsewhere');
      leaving.destroy();
      await pair.records(4 * round + 2);
      expect((await pair.ask('POST', PUBLISH, CHUNKED, `${part}0\r\n\r\n`)).status).toBe(200);
      const refused = await pair.ask('POST', PUBLISH, CHUNKED, chunk(300 * KIB));
      expect(refused.status).toBe(413);
      await pair.records(4 * round + 4);
    }
  });

  it('in chunks of one byte takes little more memory than its bytes', async () => {
    const pair = await startPair();
    const before = process.memoryUsage().arrayBuffers;
    const pieces = '1\r\nx\r\n'.repeat(200_000);
    const connection = await begin(pair, pair.head('POST', PUBLISH, CHUNKED) + pieces);
    await pair.ask('GET', '/elsewhere');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
    connection.write('0\r\n\r\n');
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.length).toBe(200_000);
  });
});
