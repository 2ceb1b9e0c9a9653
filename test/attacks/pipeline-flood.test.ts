// Attack: requests without end on one connection, and not one answer read, so that the guard holds them all.
// Rule: a hundred requests may be in line on a connection; one more ends it, and that is recorded once.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { BROKERS, type Pair, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const MEGABYTE = 1024 * 1024;
const SENT_BYTES = 64 * MEGABYTE;
/** What the buffers of the two sockets hold, and a little more. */
const MAX_TAKEN_BYTES = 16 * MEGABYTE;

/** Sends `piece` again and again, as fast as it is taken. Resolves with the bytes taken until the connection ended. */
async function flood(socket: Socket, piece: Buffer): Promise<number> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let taken = 0;
  while (!socket.destroyed && taken < SENT_BYTES) {
    const written = new Promise<void>((resolve) =>
      socket.write(piece, (error) => {
        if (!error) taken += piece.length;
        resolve();
      }),
    );
    await Promise.race([written, closed]);
  }
  return taken;
}

async function expectCut(pair: Pair, request: string): Promise<void> {
  const connection = await pair.open();
  connection.socket.pause();
  const taken = await flood(connection.socket, Buffer.from(request.repeat(64)));
  expect(taken).toBeLessThan(MAX_TAKEN_BYTES);
  await connection.closed();
  const cut = () => pair.guard.records.filter(({ reason }) => reason === 'request_malformed');
  await until(() => cut().length > 0, 'the record of the cut');
  expect(cut()).toHaveLength(1);
  expect(cut()[0]).toMatchObject({ outcome: 'denied' });
}

describe('a flood of pipelined requests', () => {
  it('is cut while the first waits for the broker', async () => {
    const pair = await startPair({ respond: () => undefined });
    await expectCut(pair, pair.head('GET', BROKERS, [`X-Padding: ${'x'.repeat(4000)}`]));
    // The one under way, and the cut.
    await pair.records(2);
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('without a token is cut', async () => {
    const pair = await startPair();
    await expectCut(pair, `GET ${BROKERS} HTTP/1.1\r\nHost: a\r\nX-Padding: ${'x'.repeat(400)}\r\n\r\n`);
    expect(pair.upstream.requests).toHaveLength(0);
  });

  it('is cut at a hundred in line, not before', async () => {
    const { held, respond } = holdAnswers();
    const pair = await startPair({ respond });
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS).repeat(101));
    await until(() => held.length === 1, 'the first at the broker');
    // Had it been cut, the connection would be gone by the time another is served.
    await pair.ask('GET', '/elsewhere');
    expect([connection.ended, pair.guard.records.length]).toEqual([false, 1]);
    connection.write(pair.head('GET', BROKERS));
    await connection.closed();
    expect(await pair.records(3)).toContainEqual(expect.objectContaining({ reason: 'request_malformed' }));
  });

  it('of twenty is no flood: each is answered, in order', async () => {
    const pair = await startPair({
      respond: ({ requestLine }) => okAnswer(/\?\d+/.exec(requestLine)?.[0]),
    });
    const connection = await pair.open();
    const numbers = Array.from({ length: 20 }, (_, index) => `?${index}`);
    connection.write(numbers.map((query) => pair.head('GET', BROKERS + query)).join(''));
    for (const query of numbers) expect(await connection.next()).toMatchObject({ status: 200, body: query });
    await pair.records(20);
  });

  it('is none where they come in many small groups, however many they are', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    for (let group = 0; group < 10; group++) {
      connection.write(pair.head('GET', BROKERS).repeat(20));
      for (let answer = 0; answer < 20; answer++) expect((await connection.next()).status).toBe(200);
    }
  });
});
