// Attack: a request whose end the guard and the broker find in different places, so that a second one hides in it.
// Rule: one plain length, or one chunked coding; anything else is refused, and nothing after it is read.
import { describe, expect, it } from 'vitest';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const HIDDEN = `GET ${BROKERS}?hidden HTTP/1.1\r\nHost: a\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';

describe('a body with two ends is refused', () => {
  it.each([
    ['a length, then chunks', ['Content-Length: 5', CHUNKED]],
    ['chunks, then a length', [CHUNKED, 'Content-Length: 5']],
    ['two lengths', ['Content-Length: 0', 'Content-Length: 5']],
    ['two equal lengths', ['Content-Length: 5', 'Content-Length: 5']],
    ['chunks twice', [CHUNKED, CHUNKED]],
    ['chunks twice in one line', ['Transfer-Encoding: chunked, chunked']],
    ['another coding', ['Transfer-Encoding: gzip']],
    ['another coding before chunks', ['Transfer-Encoding: gzip, chunked']],
    ['another coding after chunks', ['Transfer-Encoding: chunked, identity']],
    ['a coding that looks like chunks', ['Transfer-Encoding: xchunked']],
    ['a coding in quotes', ['Transfer-Encoding: "chunked"']],
    ['an empty coding', ['Transfer-Encoding:', 'Content-Length: 5']],
    ['a folded coding', ['Transfer-Encoding:\r\n chunked', 'Content-Length: 5']],
    ['a coding with a vertical tab', ['Transfer-Encoding: \x0bchunked', 'Content-Length: 5']],
    ['a coding behind a bare CR', ['X: y\rTransfer-Encoding: chunked', 'Content-Length: 5']],
  ])('%s', async (_, lines) => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(`${pair.head('POST', PUBLISH, lines)}0\r\n\r\n${HIDDEN}`);
    const answer = await connection.next();
    expect(answer.headers.get('connection')).toBe('close');
    await connection.closed();
    await expectRefusal(pair, answer, 'request_malformed');
    expect(connection.received.toString().match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });
});

describe('chunks that cannot be read are refused', () => {
  it.each([
    ['a size that is no number', 'x\r\nhello\r\n0\r\n\r\n'],
    ['a size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a size in 0x form', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a size that overflows', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['a size line that ends in a bare LF', '5\nhello\r\n0\r\n\r\n'],
    ['a size line with a bare CR', '5\rhello\r\n0\r\n\r\n'],
  ])('%s', async (_, body) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('POST', PUBLISH, [CHUNKED], body), 'request_malformed');
  });

  it('an endless chunk extension', async () => {
    const pair = await startPair();
    const body = `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`;
    const answer = await pair.ask('POST', PUBLISH, [CHUNKED], body);
    expect([400, 413, 431]).toContain(answer.status);
    expect(pair.upstream.received()).toBe('');
  });
});
