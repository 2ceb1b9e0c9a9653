// The strict reader of brokers' answers: one framing for one sequence of bytes, however it is cut up.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../src/upstream/answer-parser.ts';
import { AnswerError } from '../../src/upstream/failures.ts';

interface Read {
  readonly status: number | undefined;
  readonly fields: readonly string[];
  readonly body: string;
  readonly done: boolean;
  readonly keepsAlive: boolean;
  readonly left: number;
}

/** As from a connection, whose memory is read into again. */
function takePiece(parser: AnswerParser, piece: string): number {
  const memory = Buffer.from(piece, 'latin1');
  const left = parser.take(memory);
  memory.fill('!');
  return left;
}

/** Reads an answer handed over in the given pieces; `ended` adds the end of the connection. */
function read(pieces: readonly string[], method = 'GET', ended = false): Read {
  let status: number | undefined;
  let fields: readonly string[] = [];
  let body = '';
  const parser = new AnswerParser(
    method,
    {
      onHead: (received, names) => {
        if (status !== undefined) throw new Error('a second head');
        status = received;
        fields = names;
      },
      onData: (chunk) => {
        body += chunk.toString('latin1');
        return true;
      },
    },
    { pause: () => undefined, keep: () => () => undefined },
  );
  let left = 0;
  for (const piece of pieces) left += parser.isDone ? piece.length : takePiece(parser, piece);
  const cut = ended ? parser.end() : undefined;
  if (cut !== undefined) throw cut;
  return { status, fields, body, done: parser.isDone, keepsAlive: parser.keepsAlive, left };
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer that is well framed', () => {
  it.each([
    ['a length', `${OK}Content-Length: 5\r\n\r\nhello`, 'hello'],
    ['no body', `${OK}Content-Length: 0\r\n\r\n`, ''],
    ['chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext="x"\r\nllo\r\n0\r\n\r\n`, 'hello'],
    [
      'chunks and trailers',
      `${OK}transfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n`,
      'hello',
    ],
    ['no reason phrase', 'HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    [
      'interim answers before it',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n${OK}content-length:5\r\n\r\nhello`,
      'hello',
    ],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ])('with %s is read whole, however it is cut up', (_, bytes, body) => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
        expect(read(pieces.filter((piece) => piece !== ''))).toMatchObject({
          body,
          done: true,
          keepsAlive: true,
          left: 0,
        });
      }),
      { numRuns: 60 },
    );
    expect(read([...bytes])).toMatchObject({ body, done: true, left: 0 });
  });

  it.each([
    ['to HEAD', 'HEAD', `${OK}Content-Length: 5\r\n\r\n`],
    ['of 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['of 204 with a length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n'],
    ['of 204 with chunks', 'GET', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('%s has no body, and leaves the connection to nobody: one might follow', (_, method, bytes) => {
    expect(read([...bytes], method)).toMatchObject({ body: '', done: true, keepsAlive: false, left: 0 });
  });

  it('without a length ends with the connection, which carries nothing more', () => {
    expect(read([`${OK}\r\nhel`, 'lo'])).toMatchObject({ body: 'hello', done: false });
    expect(read([`${OK}\r\nhel`, 'lo'], 'GET', true)).toMatchObject({
      body: 'hello',
      done: true,
      keepsAlive: false,
    });
  });

  it.each([
    ['Connection: close', `${OK}Connection: close\r\nContent-Length: 0\r\n\r\n`],
    ['close among others', `${OK}connection: x, CLOSE\r\nContent-Length: 0\r\n\r\n`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'],
  ])('with %s does not keep the connection', (_, bytes) => {
    expect(read([bytes])).toMatchObject({ done: true, keepsAlive: false });
  });

  it('keeps names and values as received, without the blanks around a value', () => {
    expect(read([`${OK}X-A:  b c \t\r\nx-a: \xe9\r\nContent-Length: 0\r\n\r\n`]).fields).toEqual([
      'X-A',
      'b c',
      'x-a',
      '\xe9',
      'Content-Length',
      '0',
    ]);
  });

  it('tells how many bytes follow it', () => {
    expect(read([`${OK}Content-Length: 1\r\n\r\nabc`])).toMatchObject({ body: 'a', done: true, left: 2 });
  });
});

describe('an answer that could be read in two ways', () => {
  it.each([
    ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['a list of lengths', `${OK}Content-Length: 5, 5\r\n\r\nhello`],
    ['a signed length', `${OK}Content-Length: +5\r\n\r\nhello`],
    ['a length in hexadecimal', `${OK}Content-Length: 0x5\r\n\r\nhello`],
    ['an empty length', `${OK}Content-Length:\r\n\r\nhello`],
    ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another transfer coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 5\r\n\r\nhello`],
    ['a folded field', `${OK}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ['a field without a colon', `${OK}X\r\nContent-Length: 0\r\n\r\n`],
    ['a bare line feed', `${OK}X: a\nContent-Length: 0\r\n\r\n`],
    ['a bare carriage return', `${OK}X: a\rb\r\nContent-Length: 0\r\n\r\n`],
    ['a NUL', `${OK}X: a\0b\r\nContent-Length: 0\r\n\r\n`],
    ['no status line', 'hello world\r\n\r\n'],
    ['another protocol', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a protocol switch', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['a chunk size that is none', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['a negative chunk size', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['an enormous chunk size', `${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n`],
    ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['a chunk line without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n${'1'.repeat(2000)}`],
    ['a malformed trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nx y\r\n\r\n`],
    ['trailers without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(3000)}`],
    ['a length behind what is no blank', `${OK}Content-Length: \xa05\r\n\r\nhello`],
    ['a length before what is no blank', `${OK}Content-Length: 5\xa0\r\n\r\nhello`],
    ['chunked before what is no blank', `${OK}Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n`],
    ['a head without an end', `${OK}X: ${'a'.repeat(17_000)}`],
    ['a head that is too large', `${OK}X: ${'a'.repeat(17_000)}\r\n\r\n`],
    ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)],
  ])('because of %s is an error', (_, bytes) => {
    expect(() => read([bytes])).toThrow(AnswerError);
  });

  it.each([
    ['in its head', `${OK}Content-`],
    ['in its body', `${OK}Content-Length: 5\r\n\r\nhel`],
    ['between chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
    ['before it begins', ''],
  ])('because the connection ends %s is an error', (_, bytes) => {
    expect(() => read(bytes === '' ? [] : [bytes], 'GET', true)).toThrow(AnswerError);
  });

  it('never throws anything else, and never reads two heads, whatever the bytes', () => {
    const soup = fc.array(
      fc.oneof(
        fc.constantFrom(
          '\r\n',
          '\r\n\r\n',
          OK,
          'Content-Length: 3',
          'Transfer-Encoding: chunked',
          '0',
          ':',
          ' ',
        ),
        fc.string(),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(soup, (parts) => {
        try {
          read([parts.join('')]);
        } catch (error) {
          expect(error).toBeInstanceOf(AnswerError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the blanks around a value', () => {
  it.each([
    ['blank and tab', `${OK}Connection: \t close\t \r\nContent-Length: \t0\t\r\n\r\n`, false],
    ['nothing else', `${OK}Connection: close\xa0\r\nContent-Length: 0\r\n\r\n`, true],
  ])('are %s', (_, bytes, keepsAlive) => expect(read([bytes])).toMatchObject({ done: true, keepsAlive }));
});
