// RFC 9112: a request whose head or length could be read in two ways is refused, and its connection ends.
import { describe, expect, it } from 'vitest';
import { until } from '../support/guard.ts';
import { holdAnswers } from '../support/held-answers.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { okAnswer } from '../support/upstream.ts';

const post = (...lines: string[]) => [`POST ${PUBLISH} HTTP/1.1`, 'Host: guard.example', ...lines];

/** The lines of a head but for the token's, which comes last. */
const MALFORMED: [what: string, lines: string[], body?: string][] = [
  ['no Host', [`GET ${BROKERS} HTTP/1.1`]],
  ['two Hosts', [`GET ${BROKERS} HTTP/1.1`, 'Host: a', 'Host: b']],
  ['two equal Hosts', [`GET ${BROKERS} HTTP/1.1`, 'Host: a', 'Host: a']],
  ['a length with a sign', post('Content-Length: +5'), 'hello'],
  ['a negative length', post('Content-Length: -5'), 'hello'],
  ['a length in hexadecimal', post('Content-Length: 0x5'), 'hello'],
  ['an empty length', post('Content-Length:')],
  ['a list of lengths', post('Content-Length: 5, 5'), 'hello'],
  ['a length of twenty digits', post('Content-Length: 99999999999999999999'), 'hello'],
  ['a folded line', post('X-Long: a', ' b', 'Content-Length: 0')],
  ['a folded first line', post(' X-Long: a', 'Content-Length: 0')],
  ['a blank before the colon', post('Content-Length : 5'), 'hello'],
  ['a line without a colon', post('Content-Length')],
  ['an empty field name', post(': x')],
  ['a bare CR in a value', post('X-A: a\rb')],
  ['a NUL in a value', post('X-A: a\0b')],
  ['a bare CR in a name', post('X\rA: b')],
  ['another version', [`GET ${BROKERS} HTTP/2.0`, 'Host: a']],
  ['an ancient version', [`GET ${BROKERS} HTTP/0.9`, 'Host: a']],
  ['a version that was never made', [`GET ${BROKERS} HTTP/1.2`, 'Host: a']],
  ['a lower-case protocol name', [`GET ${BROKERS} http/1.1`, 'Host: a']],
  ['no version', [`GET ${BROKERS}`, 'Host: a']],
  ['a method that is none', [`GE<T ${BROKERS} HTTP/1.1`, 'Host: a']],
  ['a lower-case method', [`get ${BROKERS} HTTP/1.1`, 'Host: a']],
  ['two blanks in the request line', [`GET  ${BROKERS} HTTP/1.1 x`, 'Host: a']],
  ['an expectation that cannot be met', post('Expect: 200-ok', 'Content-Length: 5'), 'hello'],
  ['two expectations in one line', post('Expect: a, 100-continue', 'Content-Length: 5'), 'hello'],
  ['two Content-Types', post('Content-Type: a/b', 'Content-Type: c/d', 'Content-Length: 5'), 'hello'],
  ['a tab in a forwarded value', post('Accept: a\tb', 'Content-Length: 0')],
  ['a non-ASCII byte in a forwarded value', post('User-Agent: caf\xe9', 'Content-Length: 0')],
];

describe('refuses as malformed', () => {
  it.each(MALFORMED)('%s', async (_, lines, body = '') => {
    const pair = await startPair();
    const head = [...lines, pair.authorization, '', ''].join('\r\n');
    await expectRefusal(pair, await pair.send(head + body), 'request_malformed');
  });

  it('lines that end in a bare LF do not hide a field', async () => {
    const pair = await startPair();
    const head = `GET ${BROKERS} HTTP/1.1\nHost: a\n${pair.authorization}\n\n`;
    await expectRefusal(pair, await pair.send(head), 'request_malformed');
  });

  it('bytes that are no HTTP at all', async () => {
    const pair = await startPair();
    await expectRefusal(
      pair,
      await pair.send('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n'),
      'request_malformed',
    );
  });

  it('ends the connection after what it could not read', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`GET ${BROKERS} HTTP/1.1\r\nbroken\r\n\r\n${pair.head('GET', BROKERS)}`);
    expect((await connection.next()).headers.get('connection')).toBe('close');
    await connection.closed();
    expect(connection.received.toString().match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(pair.upstream.received()).toBe('');
  });
});

describe('reads', () => {
  it('HTTP/1.0 without a Host, and answers and closes', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`GET ${BROKERS} HTTP/1.0\r\n${pair.authorization}\r\n\r\n`);
    expect((await connection.next()).status).toBe(200);
    await connection.closed();
    expect(pair.upstream.requests[0]?.requestLine).toBe(`GET ${BROKERS} HTTP/1.1`);
  });

  it('HTTP/1.0 with chunks is refused', async () => {
    const pair = await startPair();
    const head = `POST ${PUBLISH} HTTP/1.0\r\n${pair.authorization}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await expectRefusal(pair, await pair.send(`${head}5\r\nhello\r\n0\r\n\r\n`), 'request_malformed');
  });

  it('HTTP/1.0 gets no chunks back', async () => {
    const pair = await startPair({
      respond: () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    });
    const answer = await pair.send(`GET ${BROKERS} HTTP/1.0\r\n${pair.authorization}\r\n\r\n`);
    expect(answer.headers.has('transfer-encoding')).toBe(false);
    expect(answer.body).toBe('hello');
  });

  it('pipelined requests, and answers them in their order', async () => {
    const pair = await startPair({
      respond: (request) => {
        const body = request.requestLine;
        return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      },
    });
    const connection = await pair.open();
    const targets = ['brokers', 'nodes', 'metrics'].map((name) => `/api/v4/${name}`);
    connection.write(targets.map((target) => pair.head('GET', target)).join(''));
    for (const target of targets) expect((await connection.next()).body).toBe(`GET ${target} HTTP/1.1`);
    await pair.records(3);
  });

  it('a pipelined request only after the answer to the one before it', async () => {
    const { held, respond } = holdAnswers(undefined, okAnswer('ok'));
    const pair = await startPair({ respond });
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, ['Content-Length: 2'])}hi${pair.head('GET', BROKERS)}`);
    await until(() => held.length === 1, 'the first request at the broker');
    expect((await pair.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(404);
    expect(pair.upstream.requests).toHaveLength(1);
    held[0]?.give();
    expect((await connection.next()).status).toBe(200);
    await until(() => held.length === 2, 'the second request at the broker');
  });

  it('a head that comes byte by byte', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.socket.setNoDelay(true);
    for (const byte of pair.head('GET', BROKERS)) connection.write(byte);
    expect((await connection.next()).status).toBe(200);
  });
});

describe('what follows a request', () => {
  it('as garbage is a refusal of its own, not of the request under way', async () => {
    const { held, respond } = holdAnswers(undefined, okAnswer('ok'));
    const pair = await startPair({ respond });
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, ['Content-Length: 2'])}hiGARBAGE\r\n\r\n`);
    await until(() => held.length === 1, 'the request at the broker');
    held[0]?.give();
    expect(await connection.next()).toMatchObject({ status: 200, body: 'ok' });
    await connection.closed();
    const records = await pair.records(2);
    expect(records.map(({ reason, outcome }) => [reason, outcome])).toEqual([
      ['request_malformed', 'denied'],
      [undefined, 'allowed'],
    ]);
    expect(connection.received.toString().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
