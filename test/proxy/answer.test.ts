// The broker's answer as the client gets it: the same status and body, without the connection's own fields.
import { describe, expect, it } from 'vitest';
import { ANY_METHOD, BROKERS, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

const answering = (bytes: string) => startPair({ guard: ANY_METHOD, respond: () => bytes });

describe('the head of an answer', () => {
  it('loses its hop-by-hop fields and keeps the others', async () => {
    const pair = await answering(
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1234\r\nProxy-Authenticate: Basic\r\nProxy-Connection: x\r\n' +
        'TE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nX-Kept: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
    );
    const { headers, body } = await pair.ask();
    for (const name of ['proxy-authenticate', 'proxy-connection', 'te', 'trailer', 'upgrade'])
      expect(headers.has(name)).toBe(false);
    expect(headers.get('keep-alive')).not.toBe('timeout=1234');
    expect([headers.get('x-kept'), headers.get('set-cookie'), body]).toEqual(['1', 'a, b', 'ok']);
  });

  it('forbids caching where the broker says nothing of it', async () => {
    const pair = await answering(okAnswer());
    expect((await pair.ask()).headers.get('cache-control')).toBe('no-store');
  });

  it('keeps what the broker says of caching', async () => {
    const pair = await answering('HTTP/1.1 200 OK\r\nCACHE-control: max-age=5\r\nContent-Length: 0\r\n\r\n');
    expect((await pair.ask()).headers.get('cache-control')).toBe('max-age=5');
  });

  it.each([400, 404, 500])('with the status %i is not to be guessed at by a browser', async (status) => {
    const pair = await answering(
      `HTTP/1.1 ${status} X\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n`,
    );
    expect((await pair.ask()).headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('with a header of its own against guessing keeps it, once; one that is no error gets none', async () => {
    const head = 'X-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n\r\n';
    const own = await answering(`HTTP/1.1 404 X\r\n${head}`);
    expect((await own.ask()).headers.get('x-content-type-options')).toBe('nosniff');
    const fine = await answering(okAnswer());
    expect((await fine.ask()).headers.has('x-content-type-options')).toBe(false);
  });

  it('has the request id of the audit record, not one of the broker', async () => {
    const pair = await answering('HTTP/1.1 200 OK\r\nX-Request-Id: broker\r\nContent-Length: 0\r\n\r\n');
    const id = (await pair.ask()).headers.get('x-request-id');
    expect(id).toBe((await pair.soleRecord()).request_id);
  });

  it.each([201, 301, 403, 404, 405, 409, 429, 500, 503, 599])(
    'has the status %i of the broker',
    async (status) => {
      const pair = await answering(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nhi`);
      expect(await pair.ask()).toMatchObject({ status, body: 'hi' });
      expect(await pair.soleRecord()).toMatchObject({
        outcome: 'allowed',
        status,
        upstream_status: status,
        bytes_out: 2,
      });
    },
  );

  it('is not an interim answer', async () => {
    const pair = await answering(
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${okAnswer('done')}`,
    );
    const answer = await pair.ask();
    expect(answer).toMatchObject({ status: 200, body: 'done', interim: [] });
    expect(answer.headers.has('link')).toBe(false);
    expect((await pair.soleRecord()).upstream_status).toBe(200);
  });

  it('is not a 100 that nobody asked the broker for: the real answer counts', async () => {
    const pair = await answering(`HTTP/1.1 100 Continue\r\n\r\n${okAnswer('done')}`);
    const answer = await pair.ask();
    expect(answer.interim).toEqual([]);
    expect(answer).toMatchObject({ status: 200, body: 'done' });
  });
});

describe('the body of an answer', () => {
  it('in chunks arrives whole', async () => {
    const pair = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
    );
    expect((await pair.ask()).body).toBe('hello world');
    expect((await pair.soleRecord()).bytes_out).toBe(11);
  });

  it('that ends with the connection arrives whole', async () => {
    const pair = await startPair({
      respond: (_, socket) => {
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello');
        return undefined;
      },
    });
    expect((await pair.ask()).body).toBe('hello');
  });

  it('streams: the client has its beginning before the broker has sent its end', async () => {
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
    finish();
    expect((await connection.next()).body).toBe('helloworld');
  });

  it('of HEAD is none, and its length is told', async () => {
    const bare = 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n';
    const pair = await startPair({ respond: () => bare, guard: ANY_METHOD });
    const connection = await pair.open();
    connection.write(pair.head('HEAD', BROKERS));
    const head = await connection.next({ isHead: true });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1234']);
    expect(pair.upstream.requests[0]?.requestLine).toBe(`HEAD ${BROKERS} HTTP/1.1`);
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'allowed', bytes_out: 0 });
  });

  it.each([204, 304])('of %i is none, and the connection goes on', async (status) => {
    const pair = await answering(`HTTP/1.1 ${status} X\r\n\r\n`);
    const connection = await pair.open();
    for (let round = 0; round < 2; round++) {
      connection.write(pair.head('GET', BROKERS));
      expect(await connection.next()).toMatchObject({ status, body: '' });
    }
    await pair.records(2);
  });
});
