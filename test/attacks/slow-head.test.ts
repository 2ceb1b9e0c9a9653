// Attack: hold connections with heads that never end, or with none at all.
// Rule: a head has ten seconds; then 408, a record, and the connection ends.
import { expect, it } from 'vitest';
import { BROKERS, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

it('answers a head that does not end with 408', async () => {
  const pair = await startPair();
  const connection = await pair.open();
  connection.write(`GET ${BROKERS} HTTP/1.1\r\nHost: a\r\n`);
  const answer = await connection.next({}, 18_000);
  await connection.closed();
  expect(answer.status).toBe(408);
  await expectRefusal(pair, answer, 'request_timeout');
});
