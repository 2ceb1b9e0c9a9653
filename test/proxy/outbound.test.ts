// The request as the broker reads it, byte for byte: the guard's own head, with a short list of client fields.
import { describe, expect, it } from 'vitest';
import { BROKER_PASSWORD } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { ANY_METHOD, BROKERS, buildHead, OPS, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const CREDENTIAL = `Basic ${Buffer.from(`broker:${BROKER_PASSWORD}`).toString('base64')}`;

describe('the head for the broker', () => {
  it('has these lines and no others', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { sub: 'alice', jti: 'one' });
    const lines = [`Authorization: Bearer ${token}`, 'Accept: application/json', 'X-Other: 1'];
    const answer = await pair.send(buildHead('GET', `${BROKERS}?a=1`, lines));
    const [requestLine, ...rest] = pair.upstream.requests[0]?.head.trimEnd().split('\r\n') ?? [];
    expect(requestLine).toBe(`GET ${BROKERS}?a=1 HTTP/1.1`);
    const sorted = rest.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())).sort();
    expect(sorted).toEqual([
      'accept: application/json',
      `authorization: ${CREDENTIAL}`,
      `host: 127.0.0.1:${pair.upstream.port}`,
      'via: 1.1 broker-guard',
      'x-guard-issuer: ops.pub',
      'x-guard-subject: alice',
      `x-request-id: ${answer.headers.get('x-request-id')}`,
    ]);
  });

  it.each([
    ['Accept', 'application/json;q=1'],
    ['Accept-Language', 'en, de'],
    ['If-Match', '"a"'],
    ['If-None-Match', 'W/"a"'],
    ['If-Modified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['If-Range', '"a"'],
    ['Range', 'bytes=0-1'],
    ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['Tracestate', 'a=1,b=2'],
    ['User-Agent', 'curl/8'],
  ])('takes %s from the client', async (name, value) => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, [`${name}: ${value}`]);
    expect(pair.upstream.requests[0]?.headers.get(name.toLowerCase())).toBe(value);
  });

  it.each(['Accept', 'Accept-Language', 'If-Match', 'If-None-Match', 'Tracestate'])(
    'joins the lines of %s into one',
    async (name) => {
      const pair = await startPair();
      await pair.ask('GET', BROKERS, [`${name}: a`, `${name.toUpperCase()}: b`]);
      expect(pair.upstream.requests[0]?.headers.get(name.toLowerCase())).toBe('a, b');
    },
  );

  it.each(['Range', 'User-Agent', 'If-Range', 'Traceparent', 'If-Modified-Since'])(
    'is not made from two lines of %s',
    async (name) => {
      const pair = await startPair();
      const answer = await pair.ask('GET', BROKERS, [`${name}: a`, `${name}: b`]);
      await expectRefusal(pair, answer, 'request_malformed');
    },
  );

  it('does not take a value for a name', async () => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, ['Accept: range', 'Range: bytes=0-1']);
    expect(pair.upstream.requests[0]?.headers.get('range')).toBe('bytes=0-1');
  });
});

describe('the length of the body', () => {
  it.each(['POST', 'PUT', 'DELETE'])('of %s is exact, with its type', async (method) => {
    const pair = await startPair({ guard: ANY_METHOD });
    const lines = ['Content-Type: application/json', 'Content-Length: 7'];
    expect((await pair.ask(method, PUBLISH, lines, '{"a":1}')).status).toBe(200);
    const request = pair.upstream.requests[0];
    expect(request?.headers.get('content-length')).toBe('7');
    expect(request?.headers.get('content-type')).toBe('application/json');
    expect(request?.body.toString()).toBe('{"a":1}');
  });

  it.each(['POST', 'PUT'])('of %s without a body is 0', async (method) => {
    const pair = await startPair({ guard: ANY_METHOD });
    await pair.ask(method, PUBLISH);
    expect(pair.upstream.requests[0]?.headers.get('content-length')).toBe('0');
  });

  it('is not told where a GET has no body', async () => {
    const pair = await startPair();
    await pair.ask('GET', BROKERS, ['Content-Type: a/b']);
    expect(pair.upstream.received().toLowerCase()).not.toContain('content-');
  });

  it('has its leading zeros removed', async () => {
    const pair = await startPair();
    await pair.ask('POST', PUBLISH, ['Content-Length: 0005'], 'hello');
    expect(pair.upstream.requests[0]?.headers.get('content-length')).toBe('5');
  });
});
