// Attack: CONNECT, and a reset before its refusal is out; Node leaves such a socket without a listener for errors.
// Rule: whatever a client breaks off, the guard goes on, and writes one record for each request.
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../support/guard.ts';
import { startPair } from '../support/pair.ts';
import { openSocket } from '../support/raw.ts';
import { expectUntouched } from '../support/refusal.ts';

const ATTEMPTS = 200;

it('CONNECT and a reset, many times over, leave the guard serving', async () => {
  const uncaught: Error[] = [];
  const note = (error: Error) => void uncaught.push(error);
  process.on('uncaughtException', note);
  onTestFinished(() => void process.off('uncaughtException', note));
  const pair = await startPair();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const socket = await openSocket(pair.guard.port);
    socket.write('CONNECT broker:1883 HTTP/1.1\r\nHost: broker:1883\r\n\r\n');
    socket.resetAndDestroy();
  }
  await until(() => pair.guard.records.length === ATTEMPTS, 'a record of each');
  for (const record of await pair.records(ATTEMPTS))
    expect(record).toMatchObject({ method: 'CONNECT', outcome: 'denied', reason: 'method_not_allowed' });
  expectUntouched(pair);
  expect((await pair.ask()).status).toBe(200);
  expect(uncaught).toEqual([]);
});
