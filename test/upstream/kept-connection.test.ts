// A kept connection that shows itself unfit in the moment a call is to go out on it: the call takes another one.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const FORGED = okAnswer('forged');
const ROUNDS = 20;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'];
const ENDINGS: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['closes', (socket) => void socket.end()],
  ['resets', (socket) => void socket.resetAndDestroy()],
  ['speaks unasked on', (socket) => void socket.write(FORGED)],
];

/** A pair of which the last connection to the broker is known, and a client with a connection of its own. */
async function startKept() {
  let kept: Socket | undefined;
  const pair = await startPair({
    guard: ANY_METHOD,
    respond: (_, socket) => {
      // What it writes must be on its way at once, not held back for the acknowledgement of the answer before.
      kept = socket.setNoDelay(true);
      return okAnswer('own');
    },
  });
  const client = await pair.open();
  return {
    pair,
    client,
    /** Has a call answered, so that its connection is kept. */
    async keep(): Promise<Socket> {
      client.write(pair.head('GET', `${BROKERS}?keep`));
      await client.next();
      return kept as Socket;
    },
  };
}

describe.each(ENDINGS)('a kept connection that the broker %s', (_, spoil) => {
  it.each(METHODS)('as %s comes in is left for a new one: the call is sent once', async (method) => {
    const { pair, client, keep } = await startKept();
    for (let round = 0; round < ROUNDS; round++) {
      const kept = await keep();
      const call = pair.head(method, `${PUBLISH}?call`);
      // Both have reached the guard before it looks, in either order.
      if (round % 2 === 0) spoil(kept);
      client.write(call);
      if (round % 2 === 1) spoil(kept);
      const answer = await client.next({ isHead: method === 'HEAD' });
      expect([answer.status, answer.body]).toEqual([200, method === 'HEAD' ? '' : 'own']);
    }
    const calls = pair.upstream.requests.filter(({ requestLine }) => requestLine.includes('?call'));
    expect(calls).toHaveLength(ROUNDS);
    const keeps = pair.upstream.requests.filter(({ requestLine }) => requestLine.includes('?keep'));
    for (const [round, { connection }] of calls.entries())
      expect(connection).toBeGreaterThan(keeps[round]?.connection as number);
  });
});
