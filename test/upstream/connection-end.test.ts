// What makes a connection to the broker unfit for another call: it is destroyed, and the next call has a new one.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const HTML = '<html></html>';
const TOO_MUCH = `${okAnswer('ok')}leftover`;

/** First answer of the broker -> what the client reads of it. */
const UNFIT: readonly (readonly [what: string, answer: string, status: number])[] = [
  ['400', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno', 400],
  ['HTML', `HTTP/1.1 404 X\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n${HTML}`, 404],
  [
    'HTML with parameters',
    `HTTP/1.1 200 X\r\ncontent-TYPE: Text/HTML; charset=UTF-8\r\nContent-Length: 13\r\n\r\n${HTML}`,
    200,
  ],
  ['more than its length', TOO_MUCH, 200],
  ['garbage', 'what is this\r\n\r\n', 502],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!', 502],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    502,
  ],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 502],
  ['a folded field', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n', 502],
  ['a bare CR in a field', 'HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n', 502],
  [
    'a head that is too large',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`,
    502,
  ],
  ['a switch of protocols', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 502],
  ['401 to the credentials of the guard', 'HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n', 502],
  ['a wish to close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 200],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 200],
];

describe('a connection on which the answer was', () => {
  it.each(UNFIT)('%s is destroyed, not reused', async (_, first, status) => {
    const pair = await startPair({
      respond: () => (pair.upstream.requests.length === 1 ? first : okAnswer()),
    });
    expect((await pair.ask('POST', PUBLISH, ['Content-Length: 2'], 'hi')).status).toBe(status);
    await until(() => pair.upstream.connections().open === 0, 'the end of the connection');
    expect(await pair.ask()).toMatchObject({ status: 200, body: '{"code":0,"data":[]}' });
    expect(pair.upstream.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('given before the body was sent is destroyed, and so is the one to the client', async () => {
    const pair = await startPair({ respondEarly: () => 'HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nno' });
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, ['Content-Length: 100000'])}${'x'.repeat(70_000)}`);
    const answer = await connection.next();
    expect([answer.status, answer.body, answer.headers.get('connection')]).toEqual([404, 'no', 'close']);
    await connection.closed();
    await until(() => pair.upstream.connections().open === 0, 'the end of the connection');
    await pair.ask();
    expect(pair.upstream.requests.map((request) => request.connection)).toEqual([2]);
  });

  it('shorter than its length, and then silence, is destroyed', async () => {
    const pair = await startPair({
      respond: () =>
        pair.upstream.requests.length === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok' : okAnswer(),
      guard: 'upstream.timeouts { connect = 1s, headers = 5s, body = 200ms }',
    });
    await expect(pair.ask()).rejects.toThrow('ended early');
    await until(() => pair.upstream.connections().open === 0, 'the end of the connection');
    expect((await pair.ask()).status).toBe(200);
  });

  it('followed by bytes that nobody asked for, while it was idle, is destroyed', async () => {
    let speak = () => {};
    const pair = await startPair({
      respond: (_, socket) => {
        speak = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
        return okAnswer();
      },
    });
    await pair.ask();
    speak();
    await until(() => pair.upstream.connections().open === 0, 'the end of the connection');
    expect((await pair.ask('GET', BROKERS)).body).not.toContain('forged');
  });
});
