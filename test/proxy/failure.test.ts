// A broker that is down, silent, stalled, cut off or not on speaking terms: the caller is told, and told the truth.
import { describe, expect, it } from 'vitest';
import { BROKER_PASSWORD } from '../support/guard.ts';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { okAnswer, type Responder } from '../support/upstream.ts';

const QUICK = 'upstream.timeouts { connect = 300ms, headers = 200ms, body = 200ms }';
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello';
const HALF_CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello';
const MISSING_LAST_CHUNK = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

const closing =
  (bytes: string): Responder =>
  (_, socket) => {
    socket.end(bytes);
    return undefined;
  };

describe('without an answer', () => {
  it('a broker that is down is unreachable', async () => {
    const pair = await startPair({ upstreamUrl: 'http://127.0.0.1:1' });
    await expectRefusal(pair, await pair.ask(), 'upstream_unreachable');
  });

  it('a broker that comes back is asked again', async () => {
    const pair = await startPair();
    await pair.ask();
    await pair.upstream.close();
    expect((await pair.ask()).status).toBe(502);
  });

  it.each(['GET', 'POST'])('a broker that is silent times out for %s', async (method) => {
    const pair = await startPair({ respond: () => undefined, guard: `${ANY_METHOD}\n${QUICK}` });
    await expectRefusal(pair, await pair.ask(method, PUBLISH), 'upstream_timeout');
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['an interim answer', 'HTTP/1.1 103 X\r\n\r\n'],
  ])('a broker that hangs up after %s is broken', async (_, bytes) => {
    const pair = await startPair({ respond: closing(bytes) });
    await expectRefusal(pair, await pair.ask('POST', PUBLISH), 'upstream_broken');
  });
});

describe('half an answer', () => {
  it.each([
    ['of a known length', HALF],
    ['in chunks', HALF_CHUNKED],
    ['without its last chunk', MISSING_LAST_CHUNK],
  ])('%s, then the end: the client sees a broken connection, not a short success', async (_, bytes) => {
    const pair = await startPair({ respond: closing(bytes) });
    await expect(pair.ask()).rejects.toThrow('ended early');
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'failed',
      reason: 'upstream_broken',
      status: 200,
      upstream_status: 200,
    });
  });

  it.each([
    ['of a known length', HALF],
    ['in chunks', HALF_CHUNKED],
  ])('%s, then silence: the connection breaks when the time is up', async (_, bytes) => {
    const pair = await startPair({ respond: () => bytes, guard: QUICK });
    await expect(pair.ask()).rejects.toThrow('ended early');
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'failed', reason: 'upstream_timeout' });
  });
});

describe('half an answer before the request is whole', () => {
  it('then silence: the broker is to blame, not the caller who has sent everything', async () => {
    const pair = await startPair({ respondEarly: () => HALF, respond: () => undefined, guard: QUICK });
    const connection = await pair.open();
    const length = 100_000;
    connection.write(pair.head('POST', PUBLISH, [`Content-Length: ${length}`]) + 'x'.repeat(length - 1));
    await connection.wait(() => connection.received.includes('hello'));
    connection.write('y');
    await connection.closed();
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'failed',
      reason: 'upstream_timeout',
      bytes_in: length,
    });
  });
});

describe('a broker that refuses the credentials of the guard', () => {
  it('is broken: its 401 would blame the token of the caller', async () => {
    const pair = await startPair({
      respond: () => 'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic\r\nContent-Length: 12\r\n\r\n{"code":103}',
    });
    const answer = await pair.ask();
    await expectRefusal(pair, answer, 'upstream_broken');
    expect(pair.guard.lines.join()).toContain('http_server.username and password');
    expect(pair.guard.lines.join()).not.toContain(BROKER_PASSWORD);
    expect((await pair.soleRecord()).upstream_status).toBe(401);
  });

  it('is said once, however many calls are made', async () => {
    const pair = await startPair({ respond: () => 'HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n' });
    for (let call = 0; call < 5; call++) expect((await pair.ask()).status).toBe(502);
    expect(pair.guard.lines.filter((line) => line.includes('refuses the credentials'))).toHaveLength(1);
  });

  it('is told as such where the guard has none: the 401 would blame the token of the caller', async () => {
    const respond = () => 'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n';
    const pair = await startPair({ respond, guard: 'upstream.credentials = none' });
    await expectRefusal(pair, await pair.ask(), 'upstream_broken');
    expect(pair.guard.lines).toContain(
      'the broker asks for credentials: set guard.upstream.credentials = basic, and http_server.username and password',
    );
  });
});

describe('after a failure', () => {
  it('the next call is served, and the connection to the client goes on', async () => {
    const pair = await startPair({
      respond: (request, socket) => {
        if (request.requestLine.includes('?good')) return okAnswer();
        socket.destroy();
        return undefined;
      },
    });
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(502);
    connection.write(pair.head('GET', `${BROKERS}?good`));
    expect((await connection.next()).status).toBe(200);
  });
});
