// Attack: begin an upload and fall silent, and so keep a connection to the broker from everybody else.
// Rule: a body that stalls for guard.upstream.timeouts.body ends with 408, and its connection is free again.
import { expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { PUBLISH, startPair } from '../support/pair.ts';

it('a stalled upload is ended with 408 and makes way for the next caller', async () => {
  const pair = await startPair({
    guard: 'upstream.connections = 1, upstream.timeouts { connect = 5s, headers = 15s, body = 1s }',
  });
  const stalling = await pair.open();
  stalling.write(`${pair.head('POST', PUBLISH, ['Content-Length: 100000'])}${'x'.repeat(70_000)}`);
  await until(() => pair.upstream.received().length > 70_000, 'its first part at the broker');
  const next = pair.ask();
  const answer = await stalling.next();
  expect([answer.status, JSON.parse(answer.body).reason]).toEqual([408, 'request_timeout']);
  expect(answer.headers.get('connection')).toBe('close');
  await stalling.closed();
  expect((await next).status).toBe(200);
  expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([2]);
  const records = await pair.records(2);
  expect(records.find(({ method }) => method === 'POST')).toMatchObject({
    outcome: 'denied',
    reason: 'request_timeout',
    status: 408,
    bytes_in: 70_000,
  });
  // What a client does is no news of the broker.
  expect(pair.guard.lines.filter((line) => line.includes('call to the broker'))).toEqual([]);
});
