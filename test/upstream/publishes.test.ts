// Publishes in flight: no more than the broker does well with, while reads go as wide as there are connections.
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { BROKERS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import type { SeenRequest } from '../support/upstream.ts';

/** A broker that answers when it is told to, and counts what it has in hand. */
function holdCounted() {
  const { held, respond, release } = holdAnswers();
  const most = { publishes: 0 };
  const publishes = () => held.filter(({ request }) => request.requestLine.includes('/mqtt/')).length;
  return {
    most,
    publishes,
    reads: () => held.length - publishes(),
    respond: (request: SeenRequest, socket: Socket) => {
      const answer = respond(request, socket);
      most.publishes = Math.max(most.publishes, publishes());
      return answer;
    },
    release,
  };
}

function keepReleasing(release: () => void): void {
  const releasing = setInterval(release, 1);
  onTestFinished(() => clearInterval(releasing));
}

const publish = (pair: Pair, target = PUBLISH) => pair.ask('POST', target, ['Content-Length: 2'], '{}');

describe('publishes', () => {
  it.each([PUBLISH, '/api/v4/mqtt/publish_batch'])('to %s go to NanoMQ two at a time', async (target) => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond });
    const answers = Array.from({ length: 40 }, () => publish(pair, target));
    await until(() => broker.publishes() === 2, 'two publishes at the broker');
    keepReleasing(broker.release);
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    expect(broker.most.publishes).toBe(2);
  });

  it('that wait leave the connections to reads', async () => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond, guard: 'upstream.connections = 8' });
    const publishing = Array.from({ length: 10 }, () => publish(pair));
    await until(() => broker.publishes() === 2, 'two publishes at the broker');
    const reading = Array.from({ length: 10 }, () => pair.ask('GET', BROKERS));
    await until(() => broker.reads() === 6, 'six reads at the broker');
    keepReleasing(broker.release);
    for (const { status } of await Promise.all([...publishing, ...reading])) expect(status).toBe(200);
    expect(broker.most.publishes).toBe(2);
  });

  it('whose callers leave the line make room in it', async () => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond });
    const first = [publish(pair), publish(pair)];
    await until(() => broker.publishes() === 2, 'two publishes at the broker');
    const leaving = await pair.open();
    leaving.write(`${pair.head('POST', PUBLISH, ['Content-Length: 2'])}{}`);
    const last = publish(pair);
    leaving.destroy();
    await pair.records(1);
    broker.release();
    await Promise.all(first);
    await until(() => broker.publishes() === 1, 'the last publish at the broker');
    broker.release();
    expect((await last).status).toBe(200);
    expect(pair.upstream.requests).toHaveLength(3);
  });

  it('with a large body count from when the broker has it whole: those who drip hold up nobody', async () => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond });
    const dripping = await Promise.all([pair.open(), pair.open(), pair.open()]);
    for (const one of dripping)
      one.write(pair.head('POST', PUBLISH, ['Content-Length: 100000']) + 'x'.repeat(99_999));
    await until(() => pair.upstream.received().length > 3 * 99_999, 'the uploads at the broker');
    const small = [publish(pair), publish(pair)];
    await until(() => broker.publishes() === 2, 'two publishes at the broker');
    for (const one of dripping) one.write('x');
    keepReleasing(broker.release);
    for (const { status } of await Promise.all(small)) expect(status).toBe(200);
    for (const one of dripping) expect((await one.next()).status).toBe(200);
    expect(broker.most.publishes).toBe(2);
  });

  it('go to a broker of another kind as wide as there are connections', async () => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond, guard: 'upstream.profile = generic' });
    const answers = Array.from({ length: 8 }, () => publish(pair));
    await until(() => broker.publishes() === 8, 'all publishes at the broker');
    broker.release();
    await Promise.all(answers);
  });

  it('whose turn does not come in time are upstream_busy', async () => {
    const broker = holdCounted();
    const pair = await startPair({
      respond: broker.respond,
      guard: 'upstream.timeouts { connect = 1s, headers = 400ms, body = 5s }',
    });
    const answers = await Promise.all([publish(pair), publish(pair), publish(pair)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([503, 504, 504]);
    expect(pair.upstream.requests).toHaveLength(2);
  });

  it('of all sizes get through the only connection: none waits for what another one holds', async () => {
    const broker = holdCounted();
    const pair = await startPair({ respond: broker.respond, guard: 'upstream.connections = 1' });
    const large = await pair.open();
    large.write(pair.head('POST', PUBLISH, ['Content-Length: 100000']) + 'x'.repeat(99_999));
    await until(() => pair.upstream.received().length > 99_999, 'the upload at the broker');
    const small = [publish(pair), publish(pair)];
    // What is answered by the guard itself comes after the small ones have been read.
    await pair.ask('GET', '/elsewhere');
    large.write('x');
    keepReleasing(broker.release);
    expect((await large.next({}, 3000)).status).toBe(200);
    for (const { status } of await Promise.all(small)) expect(status).toBe(200);
  });
});
