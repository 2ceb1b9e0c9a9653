// The guard's own question whether the broker answers: it takes no connection that a caller needs.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnswerHandler } from '../../src/upstream/exchange.ts';
import { UpstreamPool } from '../../src/upstream/pool.ts';
import { until } from '../support/guard.ts';
import { okAnswer, type Responder, startUpstream } from '../support/upstream.ts';

async function startPool(respond: Responder, headersTimeoutMs = 5000) {
  const broker = await startUpstream(respond);
  const pool = new UpstreamPool(
    {
      origin: broker.url,
      socketPath: undefined,
      maxConnections: 1,
      maxPublishes: undefined,
      maxPerCaller: undefined,
      connectTimeoutMs: 5000,
      headersTimeoutMs,
      bodyTimeoutMs: 5000,
    },
    () => performance.now(),
  );
  onTestFinished(async () => {
    pool.close(true);
    await broker.close();
  });
  const outcomes: string[] = [];
  const begin = (how: 'send' | 'probe', name: string) => {
    const handler: AnswerHandler = {
      onHead: () => undefined,
      onData: () => true,
      onEnd: () => void outcomes.push(`${name} answered`),
      onFailure: (error) => void outcomes.push(`${name}: ${error.message}`),
    };
    const head = `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`;
    pool[how]({ method: 'GET', head, body: null, isPublish: false, caller: 'ops' }, handler);
  };
  const targets = () => broker.requests.map(({ requestLine }) => requestLine.split(' ')[1]);
  return { broker, outcomes, begin, targets };
}

/** Leaves those of a name without an answer. */
const silentTo =
  (name: string): Responder =>
  ({ requestLine }) =>
    requestLine.includes(name) ? undefined : okAnswer();

describe('a probe', () => {
  it('goes out on a connection that is free, and leaves it to callers', async () => {
    const { broker, outcomes, begin } = await startPool(() => okAnswer());
    begin('probe', 'probe');
    await until(() => outcomes.length === 1, 'its answer');
    begin('send', 'call');
    await until(() => outcomes.length === 2, 'the answer to the call');
    expect(outcomes).toEqual(['probe answered', 'call answered']);
    expect(broker.connections().accepted).toBe(1);
  });

  it('does not wait in line', async () => {
    const { broker, outcomes, begin, targets } = await startPool(silentTo('call'));
    begin('send', 'call');
    await until(() => broker.requests.length === 1, 'the call at the broker');
    begin('probe', 'probe');
    expect(outcomes).toEqual(['probe: every connection is in use']);
    expect(targets()).toEqual(['/call']);
  });

  it('is given up as soon as a caller needs its connection', async () => {
    const { broker, outcomes, begin } = await startPool(silentTo('probe'));
    begin('probe', 'probe');
    await until(() => broker.requests.length === 1, 'the probe at the broker');
    begin('send', 'call');
    await until(() => outcomes.length === 2, 'the answer to the call');
    expect(outcomes).toEqual(['probe: a caller needs the connection', 'call answered']);
    await until(() => broker.connections().open === 1, 'the end of its connection');
  });

  it('where there is no connection tells what the latest exchange has found', async () => {
    const { broker, outcomes, begin } = await startPool(silentTo('call'), 300);
    begin('send', 'call');
    await until(() => outcomes.length === 1, 'the end of the call');
    begin('send', 'call');
    await until(() => broker.requests.length === 2, 'the second call at the broker');
    begin('probe', 'probe');
    expect(outcomes.at(-1)).toBe('probe: the broker was silent for too long');
  });
});
