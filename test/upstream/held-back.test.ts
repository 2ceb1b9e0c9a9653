// A large publish whose last part is held back until it is its turn, and which ends meanwhile: it leaves the line, and
// nothing of it is sent again.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const LARGE = 'Content-Length: 100000';

/** A broker that holds publishes until it is told to answer, and shows the sockets of large ones by their heads. */
function holdPublishes() {
  const large: Socket[] = [];
  return {
    ...holdAnswers(),
    large,
    respondEarly: ({ head }: { head: string }, socket: Socket) => {
      if (head.toLowerCase().includes('content-length: 100000')) large.push(socket);
      return undefined;
    },
  };
}
const publish = (pair: Pair) => pair.ask('POST', PUBLISH, ['Content-Length: 2'], '{}');

const ENDS = [
  ['answers it early', (socket: Socket) => void socket.write(okAnswer('{"code":1}'))],
  ['cuts it off', (socket: Socket) => void socket.destroy()],
] as const;

describe('a publish that waits with its last part', () => {
  it.each(ENDS)('is sent once where the broker %s', async (_, end) => {
    const broker = holdPublishes();
    const pair = await startPair(broker);
    const first = [publish(pair), publish(pair)];
    await until(() => broker.held.length === 2, 'two publishes at the broker');
    const waiting = await pair.open();
    waiting.write(pair.head('POST', PUBLISH, [LARGE]) + 'x'.repeat(99_999));
    await until(() => pair.upstream.received().length > 99_999, 'all but its last byte at the broker');
    waiting.write('x');
    // What is answered by the guard itself comes after the last byte has been read.
    await pair.ask('GET', '/elsewhere');
    end(broker.large[0] as Socket);
    await waiting.next();
    broker.release();
    await Promise.all(first);
    // Nobody but these two: a place that is not given back would show here.
    const next = [publish(pair), publish(pair)];
    await until(() => broker.held.length === 2, 'two more publishes at the broker');
    broker.release();
    for (const { status } of await Promise.all(next)) expect(status).toBe(200);
    expect(broker.large).toHaveLength(1);
    await pair.records(6);
  });
});
