// Attack: hang up at the worst moment, in every combination of method, pipelining and body, until the guard falls.
// Rule: whatever a client breaks off, the guard goes on, and writes one record for each request.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const ANSWERS = new Map([
  ['at once', okAnswer('x'.repeat(100_000))],
  ['by halves', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'],
  ['in half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello'],
  ['never', undefined],
]);

const REQUESTS: readonly (readonly [what: string, count: number, bytes: (pair: Pair) => string])[] = [
  ['one HEAD', 1, (pair) => pair.head('HEAD', BROKERS)],
  ['pipelined HEADs', 5, (pair) => pair.head('HEAD', BROKERS).repeat(5)],
  ['HEAD, then GET', 2, (pair) => pair.head('HEAD', BROKERS) + pair.head('GET', BROKERS)],
  ['GETs', 3, (pair) => pair.head('GET', BROKERS).repeat(3)],
  ['half a body', 1, (pair) => `${pair.head('POST', PUBLISH, ['Content-Length: 9'])}half`],
  ['half a chunk', 1, (pair) => `${pair.head('POST', PUBLISH, ['Transfer-Encoding: chunked'])}9\r\nhalf`],
  ['a body nobody wants', 1, (pair) => `${pair.head('HEAD', BROKERS, ['Content-Length: 9'])}half`],
];

describe.each([...ANSWERS])('while the broker answers %s', (_, answer) => {
  it.each(REQUESTS)('%s broken off', async (_, count, bytes) => {
    const pair = await startPair({
      respond: ({ requestLine }) => (requestLine.includes('?alive') ? okAnswer() : answer),
    });
    for (const hangUp of ['resetAndDestroy', 'destroy', 'end'] as const) {
      const connection = await pair.open();
      const before = pair.guard.records.length;
      connection.write(bytes(pair));
      await until(
        () => pair.guard.records.length > before || pair.upstream.received() !== '' || count === 1,
        'a start',
      );
      connection.socket[hangUp]();
      await until(() => pair.guard.records.length >= before + 1, 'its record');
    }
    expect((await pair.ask('GET', `${BROKERS}?alive`)).status).toBe(200);
    expect(pair.failures).toEqual([]);
    await until(() => pair.upstream.connections().open <= 1, 'the end of the calls broken off');
    const ids = pair.guard.records.map((record) => record.request_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeLessThanOrEqual(3 * count + 1);
  });
});
