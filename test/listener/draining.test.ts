// Answers of a guard that is shutting down: each is the last on its connection, and says so.
import { expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

it('the answer to a call that runs while the guard stops says that the connection closes', async () => {
  let answer = () => {};
  const pair = await startPair({
    guard: 'drain = 10s',
    respond: (_, socket) => {
      answer = () => void socket.write(okAnswer());
      return undefined;
    },
  });
  const client = await pair.open();
  client.write(pair.head('GET', BROKERS));
  await until(() => pair.upstream.requests.length === 1, 'the call at the broker');
  const stopped = pair.guard.running.stop();
  answer();
  const { status, headers } = await client.next();
  expect([status, headers.get('connection')]).toEqual([200, 'close']);
  await client.closed();
  await stopped;
});

it('so does the answer to a call that comes in on an open connection while another runs', async () => {
  let answer = () => {};
  const pair = await startPair({
    guard: 'drain = 10s',
    respond: ({ requestLine }, socket) => {
      if (!requestLine.includes('?slow')) return okAnswer();
      answer = () => void socket.write(okAnswer());
      return undefined;
    },
  });
  const slow = await pair.open();
  slow.write(pair.head('GET', `${BROKERS}?slow`));
  const late = await pair.open();
  late.write(`GET ${BROKERS} HTTP/1.1\r\nHost: a\r\n`);
  await until(() => pair.upstream.requests.length === 1, 'the slow call at the broker');
  const stopped = pair.guard.running.stop();
  late.write(`${pair.authorization}\r\n\r\n`);
  const { status, headers } = await late.next();
  expect([status, headers.get('connection')]).toEqual([200, 'close']);
  answer();
  expect((await slow.next()).status).toBe(200);
  await stopped;
});
