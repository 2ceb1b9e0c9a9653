// What is sent twice: a GET, once, when a reused connection died before any byte of the answer. Nothing else.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer, type SeenRequest } from '../support/upstream.ts';

/** A broker that answers the first request and does `fail` to those of the numbers given, counting from 1. */
const failing = (numbers: readonly number[], fail: (socket: Socket) => void) => {
  let count = 0;
  return (_: SeenRequest, socket: Socket) => {
    count++;
    if (!numbers.includes(count)) return okAnswer();
    fail(socket);
    return undefined;
  };
};
const FAILURES: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['closed', (socket) => void socket.end()],
  ['reset', (socket) => void socket.resetAndDestroy()],
];

describe.each(FAILURES)('a reused connection that is %s', (_, fail) => {
  it('before any byte: GET is sent once more, on another connection', async () => {
    const pair = await startPair({ respond: failing([2], fail) });
    await pair.ask();
    expect((await pair.ask()).status).toBe(200);
    expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
    expect((await pair.records(2))[1]).toMatchObject({ outcome: 'allowed' });
  });

  it('and its successor too: GET is not sent a third time', async () => {
    const pair = await startPair({ respond: failing([2, 3], fail) });
    await pair.ask();
    expect((await pair.ask()).status).toBe(502);
    expect(pair.upstream.requests).toHaveLength(3);
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD'])('before any byte: %s is not sent again', async (method) => {
    const pair = await startPair({ respond: failing([2], fail), guard: ANY_METHOD });
    await pair.ask();
    expect((await pair.ask(method, PUBLISH)).status).toBe(502);
    expect(pair.upstream.requests).toHaveLength(2);
    expect((await pair.records(2))[1]).toMatchObject({ outcome: 'failed', reason: 'upstream_broken' });
  });

  it('after the first byte: GET is not sent again', async () => {
    const pair = await startPair({
      respond: failing([2], (socket) => socket.write('H', () => fail(socket))),
    });
    await pair.ask();
    expect((await pair.ask()).status).toBe(502);
    expect(pair.upstream.requests).toHaveLength(2);
  });
});

describe('not sent again is', () => {
  it.each(FAILURES)('a GET on a fresh connection that is %s', async (_, fail) => {
    const pair = await startPair({ respond: failing([1], fail) });
    expect((await pair.ask()).status).toBe(502);
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('a GET that the broker leaves without an answer', async () => {
    const pair = await startPair({
      respond: failing([2, 3], () => undefined),
      guard: 'upstream.timeouts { connect = 1s, headers = 200ms, body = 5s }',
    });
    await pair.ask();
    expect((await pair.ask('GET', BROKERS)).status).toBe(504);
    expect(pair.upstream.requests).toHaveLength(2);
  });
});
