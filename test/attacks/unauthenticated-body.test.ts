// Attack: an endless body without a token, to make the guard read and hold it.
// Rule: the head is judged first; an unauthenticated body is never read, nor asked for with 100 Continue.
import { describe, expect, it } from 'vitest';
import { BROKERS, buildHead, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const TEN_GIGABYTES = 'Content-Length: 10000000000';

describe('a body without a token', () => {
  it.each([
    ['of a known length', TEN_GIGABYTES],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('%s is refused before any of it has come, and the connection ends', async (_, line) => {
    const pair = await startPair({ httpServer: 'max_body = 20000MB' });
    const connection = await pair.open();
    connection.write(buildHead('POST', PUBLISH, [line]));
    const answer = await connection.next();
    await expectRefusal(pair, answer, 'token_missing');
    expect(answer.headers.get('connection')).toBe('close');
    await connection.closed();
    expect((await pair.soleRecord()).bytes_in).toBe(0);
  });

  it('that keeps coming is cut off while most of it is unsent', async () => {
    const pair = await startPair({ httpServer: 'max_body = 20000MB' });
    const connection = await pair.open();
    connection.write(buildHead('POST', PUBLISH, [TEN_GIGABYTES]));
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    const pump = () => {
      while (!connection.ended && sent < 200e6) {
        sent += piece.length;
        if (!connection.socket.write(piece)) return;
      }
    };
    connection.socket.on('drain', pump);
    pump();
    await connection.closed();
    expect(sent).toBeLessThan(50e6);
    expect(await pair.soleRecord()).toMatchObject({ reason: 'token_missing', bytes_in: 0 });
  });
});

describe('Expect: 100-continue', () => {
  const EXPECT = ['Expect: 100-continue', 'Content-Length: 5'];

  it.each([
    ['without a token', buildHead('POST', PUBLISH, EXPECT), 'token_missing'],
    ['outside the API', buildHead('POST', '/x', EXPECT), 'target_unknown'],
  ] as const)('%s gets the refusal and no 100', async (_, head, reason) => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(head);
    await expectRefusal(pair, await connection.next(), reason);
    await connection.closed();
    expect(connection.received.toString()).not.toContain('100 Continue');
  });

  it('with a token but a body too large gets the refusal and no 100', async () => {
    const pair = await startPair({ httpServer: 'max_body = 4' });
    await expectRefusal(pair, await pair.ask('POST', PUBLISH, EXPECT), 'body_too_large');
  });

  it('with a body that no GET may have gets the refusal and no 100', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', BROKERS, EXPECT), 'body_not_expected');
  });

  it('with a good token gets 100, then the answer, and the broker sees no expectation', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, EXPECT));
    await connection.wait(() => connection.received.toString() === 'HTTP/1.1 100 Continue\r\n\r\n');
    connection.write('hello');
    expect(await connection.next()).toMatchObject({ status: 200, interim: [100] });
    expect(pair.upstream.requests[0]?.body.toString()).toBe('hello');
    expect(pair.upstream.requests[0]?.headers.has('expect')).toBe(false);
  });
});
