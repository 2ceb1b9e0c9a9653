// guard.cors.origins: what pages of those origins are told, in every answer there is, and that a preflight ends here.
import { describe, expect, it } from 'vitest';
import { BROKERS, buildHead, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import type { RawAnswer } from '../support/raw.ts';
import { okAnswer } from '../support/upstream.ts';

const ORIGIN = 'https://console.example.com';
const FROM = `Origin: ${ORIGIN}`;
const SETTING = `cors.origins = ["${ORIGIN}", "http://localhost:3000"]`;
const PREFLIGHT = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization'];

const corsFields = ({ headers }: RawAnswer) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'));
const PERMITTED = {
  'access-control-allow-origin': ORIGIN,
  'access-control-expose-headers': 'x-request-id',
  vary: 'origin',
};

const preflight = (pair: Pair, lines: readonly string[] = [FROM], target = PUBLISH) =>
  pair.send(buildHead('OPTIONS', target, [...lines, ...PREFLIGHT]));

describe('a preflight of an origin that is named', () => {
  it('is answered without a token, and nothing of it is sent on', async () => {
    const pair = await startPair({ guard: SETTING });
    const answer = await preflight(pair);
    expect(answer.status).toBe(204);
    expect(answer.body).toBe('');
    expect(corsFields(answer)).toEqual({
      ...PERMITTED,
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers':
        'authorization, content-type, accept, accept-language, if-match, if-none-match, if-modified-since, if-unmodified-since, if-range, range, traceparent, tracestate, user-agent',
      'access-control-max-age': '600',
    });
    expect(pair.upstream.connections().accepted).toBe(0);
    expect(await pair.soleRecord()).toMatchObject({
      action: 'cors.preflight',
      method: 'OPTIONS',
      outcome: 'allowed',
      status: 204,
      request_id: answer.headers.get('x-request-id'),
    });
  });

  it('is answered for any path, and on a connection that goes on', async () => {
    const pair = await startPair({ guard: SETTING });
    const connection = await pair.open();
    for (const target of [BROKERS, '/', '/api/v4/nobody/knows']) {
      connection.write(buildHead('OPTIONS', target, [FROM, ...PREFLIGHT]));
      expect((await connection.next()).status).toBe(204);
    }
  });

  it('ends its connection where it brings a body, which is not read', async () => {
    const pair = await startPair({ guard: SETTING });
    const answer = await preflight(pair, [FROM, 'Content-Length: 5']);
    expect([answer.status, answer.headers.get('connection')]).toEqual([204, 'close']);
  });

  it('is refused where its head has two readings', async () => {
    const pair = await startPair({ guard: SETTING });
    const answer = await preflight(pair, [FROM, 'Host: other']);
    expect([answer.status, corsFields(answer)]).toEqual([400, PERMITTED]);
  });
});

describe('an answer to a page of an origin that is named', () => {
  it("may be read, and the broker's own word on origins is left out", async () => {
    const answer = okAnswer().replace(
      '\r\n',
      '\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nVary: Accept\r\n',
    );
    const pair = await startPair({ guard: SETTING, respond: () => answer });
    const { status, headers } = await pair.ask('GET', BROKERS, [FROM]);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, ORIGIN]);
    expect(headers.get('vary')).toBe('Accept, origin');
    expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  it.each([
    ['without a token', 401, (pair: Pair) => pair.send(buildHead('GET', BROKERS, [FROM]))],
    ['of an ambiguous target', 400, (pair: Pair) => pair.ask('GET', '/api/v4/../x', [FROM])],
    ['of an unknown path', 404, (pair: Pair) => pair.ask('GET', '/other', [FROM])],
    ['of a method that is none', 405, (pair: Pair) => pair.ask('PATCH', BROKERS, [FROM])],
    ['of a head that is malformed', 400, (pair: Pair) => pair.ask('GET', BROKERS, [FROM, 'Host: b'])],
    ['of OPTIONS that is no preflight', 405, (pair: Pair) => pair.ask('OPTIONS', BROKERS, [FROM])],
  ])('may be read where it is a refusal, %s', async (_, status, ask) => {
    const answer = await ask(await startPair({ guard: SETTING }));
    expect([answer.status, corsFields(answer)]).toEqual([status, PERMITTED]);
  });

  it('may be read where the broker fails', async () => {
    const pair = await startPair({ guard: SETTING, respond: (_, socket) => void socket.destroy() });
    const answer = await pair.ask('GET', BROKERS, [FROM]);
    expect([answer.status, corsFields(answer)]).toEqual([502, PERMITTED]);
  });

  it('may be read where its upload takes too long', async () => {
    const pair = await startPair({ guard: `${SETTING}, limits.upload = 100ms` });
    const answer = await pair.ask('POST', PUBLISH, [FROM, 'Content-Length: 100'], 'x');
    expect([answer.status, corsFields(answer)]).toEqual([408, PERMITTED]);
  });
});

describe('whoever is not named', () => {
  it.each([
    'https://other.example',
    'http://console.example.com',
    'https://console.example.com:8443',
    'https://console.example.com.evil.example',
    'https://CONSOLE.example.com',
    'https://console.example.com, https://console.example.com',
    'null',
    '*',
  ])('%s gets neither a preflight nor an answer that it may read', async (origin) => {
    const pair = await startPair({ guard: SETTING });
    const answers = [
      await preflight(pair, [`Origin: ${origin}`]),
      await pair.ask('GET', BROKERS, [`Origin: ${origin}`]),
    ];
    expect(answers.map((answer) => [answer.status, corsFields(answer)])).toEqual([
      [405, { vary: 'origin' }],
      [200, { vary: 'origin' }],
    ]);
    expect(pair.upstream.requests.length).toBe(1);
  });

  it('two Origin fields are nobody', async () => {
    const pair = await startPair({ guard: SETTING });
    const answer = await pair.ask('GET', BROKERS, ['Origin: https://other.example', FROM]);
    expect(corsFields(answer)).toEqual({ vary: 'origin' });
  });

  it('without the setting nothing is said of origins', async () => {
    const pair = await startPair();
    expect([corsFields(await pair.ask('GET', BROKERS, [FROM])), corsFields(await preflight(pair))]).toEqual([
      {},
      {},
    ]);
  });
});
