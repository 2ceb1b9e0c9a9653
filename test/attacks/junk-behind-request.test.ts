// Attack: a whole request with something unreadable behind it, so that it takes effect and its answer is lost.
// Rule: the answer that is due goes out first, and then the connection ends; what follows has a record of its own.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { ANY_METHOD, BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const BODY = '{"topic":"a"}';

const JUNK: readonly (readonly [what: string, junk: string, reason: string])[] = [
  ['bytes that are no request', '\0junk', 'request_malformed'],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'method_not_allowed'],
  ['a head that is too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'head_too_large'],
];

const REQUESTS: readonly (readonly [what: string, method: string, lines: readonly string[], body: string])[] =
  [
    ['a GET', 'GET', [], ''],
    ['a POST', 'POST', [`Content-Length: ${BODY.length}`], BODY],
    [
      'a POST in chunks',
      'POST',
      ['Transfer-Encoding: chunked'],
      `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
    ],
    [
      'a POST that ends its connection',
      'POST',
      [`Content-Length: ${BODY.length}`, 'Connection: close'],
      BODY,
    ],
  ];

describe.each(JUNK)('%s', (_, junk, reason) => {
  it.each(REQUESTS)('behind %s in the same piece', async (what, method, lines, body) => {
    const pair = await startPair({ guard: ANY_METHOD });
    const connection = await pair.open();
    connection.write(pair.head(method, PUBLISH, lines) + body + junk);
    const answer = await connection.next();
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await connection.closed();
    expect(pair.upstream.requests).toHaveLength(1);
    const records = await pair.records(2);
    expect(records).toContainEqual(expect.objectContaining({ outcome: 'allowed', status: 200, method }));
    // Behind a request that ends its connection nothing can be a request.
    const expected = what.includes('ends') ? 'request_malformed' : reason;
    expect(records).toContainEqual(expect.objectContaining({ outcome: 'denied', reason: expected }));
  });

  it('while an answer is on its way, again and again', async () => {
    let finish = () => {};
    const pair = await startPair({
      respond: (_, socket) => {
        finish = () => void socket.write('world');
        return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello';
      },
    });
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS));
    await connection.wait(() => connection.received.toString().endsWith('hello'));
    for (let count = 0; count < 3; count++) connection.write(junk);
    await until(() => pair.guard.records.length > 0, 'the record of what follows');
    finish();
    expect((await connection.next()).body).toBe('helloworld');
    await connection.closed();
    expect((await pair.records(2)).map(({ outcome }) => outcome).sort()).toEqual(['allowed', 'denied']);
  });
});

it('a whole request between two junks is not answered: its connection has ended', async () => {
  const pair = await startPair({ respond: ({ requestLine }) => okAnswer(requestLine) });
  const connection = await pair.open();
  connection.write(`${pair.head('GET', BROKERS)}\0junk\r\n\r\n${pair.head('GET', `${BROKERS}?second`)}`);
  expect((await connection.next()).status).toBe(200);
  await connection.closed();
  expect(pair.upstream.requests).toHaveLength(1);
});
