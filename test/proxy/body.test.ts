// Bodies on their way to the broker: known lengths stream, chunks are collected up to max_body.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const CHUNKED = ['Transfer-Encoding: chunked', 'Content-Type: a/b'];

describe('a chunked body', () => {
  it('is sent whole, with its exact length and without its chunks', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, CHUNKED));
    connection.write('5\r\nhello\r\n');
    connection.write('1;x=y\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: t\r\n\r\n');
    expect((await connection.next()).status).toBe(200);
    const [request] = pair.upstream.requests;
    expect(request?.body.toString()).toBe('hello world');
    expect(request?.headers.get('content-length')).toBe('11');
    expect(request?.headers.get('content-type')).toBe('a/b');
    expect(pair.upstream.received().toLowerCase()).not.toMatch(/transfer-encoding|x-trailer/);
    expect((await pair.soleRecord()).bytes_in).toBe(11);
  });

  it('that is empty has the length 0', async () => {
    const pair = await startPair();
    await pair.ask('POST', PUBLISH, CHUNKED, '0\r\n\r\n');
    expect(pair.upstream.requests[0]?.headers.get('content-length')).toBe('0');
  });

  it('is not begun at the broker before it is whole', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, CHUNKED)}5\r\nhello\r\n`);
    expect((await pair.ask()).status).toBe(200);
    expect(pair.upstream.requests.map(({ requestLine }) => requestLine)).toEqual([`GET ${BROKERS} HTTP/1.1`]);
  });

  it('of exactly max_body passes, of one byte more is refused', async () => {
    const pair = await startPair({ httpServer: 'max_body = 10' });
    expect((await pair.ask('POST', PUBLISH, CHUNKED, 'a\r\n0123456789\r\n0\r\n\r\n')).status).toBe(200);
    const answer = await pair.ask('POST', PUBLISH, CHUNKED, 'b\r\n0123456789x\r\n0\r\n\r\n');
    expect(answer.status).toBe(413);
    expect(answer.headers.get('connection')).toBe('close');
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('that never ends is refused once it is too large', async () => {
    const pair = await startPair({ httpServer: 'max_body = 100KB' });
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, CHUNKED));
    const chunk = `2800\r\n${'x'.repeat(0x2800)}\r\n`;
    for (let sent = 0; sent < 11; sent++) connection.write(chunk);
    await expectRefusal(pair, await connection.next(), 'body_too_large');
    await connection.closed();
  });

  it('of a GET is refused', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', BROKERS, CHUNKED, '0\r\n\r\n'), 'body_not_expected');
  });
});

describe('a body of known length', () => {
  it('streams: the broker has its beginning before the client has sent its end', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    const [first, rest] = ['h'.repeat(70_000), 'w'.repeat(30_000)];
    connection.write(`${pair.head('POST', PUBLISH, ['Content-Length: 100000'])}${first}`);
    await until(() => pair.upstream.received().endsWith(first), 'its first part at the broker');
    connection.write(rest);
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.toString()).toBe(first + rest);
  });

  it.each([
    ['small', 64 * 1024],
    ['large, with its first 64 KB still on their way', 64 * 1024 + 1],
  ])('that is %s takes no connection to the broker before it flows', async (_, length) => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, [`Content-Length: ${length}`]) + 'x'.repeat(65_535));
    expect((await pair.ask()).status).toBe(200);
    expect(pair.upstream.requests.map(({ requestLine }) => requestLine)).toEqual([`GET ${BROKERS} HTTP/1.1`]);
    connection.write('y'.repeat(length - 65_535));
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[1]?.body.toString()).toBe('x'.repeat(65_535) + 'y'.repeat(length - 65_535));
  });

  it('arrives bit by bit the same, whatever its bytes', async () => {
    const pair = await startPair();
    const body = randomBytes(300_000);
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, [`Content-Length: ${body.length}`]));
    connection.write(body);
    expect((await connection.next()).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.equals(body)).toBe(true);
    expect((await pair.soleRecord()).bytes_in).toBe(body.length);
  });

  it('of exactly max_body passes, of one byte more is refused by its head', async () => {
    const pair = await startPair({ httpServer: 'max_body = 10' });
    expect((await pair.post('0123456789')).status).toBe(200);
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, ['Content-Length: 11']));
    expect((await connection.next()).status).toBe(413);
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('that a token with bodyEncode 1 brings is refused, and says what to do', async () => {
    const pair = await startPair();
    const { mintToken } = await import('../support/issuers.ts');
    const { buildHead, OPS } = await import('../support/pair.ts');
    const token = mintToken(OPS, { bodyEncode: 1 });
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    await expectRefusal(pair, answer, 'body_invalid');
    expect(answer.body).toContain('bodyEncode 0');
  });
});
