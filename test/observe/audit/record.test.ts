// The audit trail over real requests: exactly one record for each, with what became of it.
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../support/issuers.ts';
import { BROKERS, buildHead, OPS, PUBLISH, startPair } from '../../support/pair.ts';

describe('the record', () => {
  it('of an allowed request has every member', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { sub: 'alice', jti: 'token-1' });
    const lines = [`Authorization: Bearer ${token}`, 'Content-Length: 5'];
    const answer = await pair.send(`${buildHead('POST', `${PUBLISH}?q=secret`, lines)}hello`);
    const record = await pair.soleRecord();
    expect(record).toMatchObject({
      request_id: answer.headers.get('x-request-id'),
      client: '127.0.0.1',
      issuer: 'ops.pub',
      subject: 'alice',
      token_id: 'token-1',
      key: expect.stringMatching(/^[\w-]{43}$/),
      method: 'POST',
      path: PUBLISH,
      action: 'mqtt.publish',
      class: 'publish',
      outcome: 'allowed',
      reason: undefined,
      status: 200,
      upstream_status: 200,
      bytes_in: 5,
      bytes_out: answer.body.length,
    });
    expect(Math.abs(Date.parse(record.time) - Date.now())).toBeLessThan(60_000);
    expect(record.duration_ms).toBeGreaterThanOrEqual(record.upstream_ms ?? Number.NaN);
    expect(JSON.stringify(record)).not.toContain('secret');
  });

  it('of a denied request has the true reason, and the issuer the token claims', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { iss: 'nobody.pub', sub: 'forged' });
    await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'denied',
      reason: 'issuer_unknown',
      issuer: undefined,
      subject: undefined,
      claimed_issuer: 'nobody.pub',
      status: 401,
      upstream_status: undefined,
      upstream_ms: undefined,
    });
  });

  it('of an expired token names its verified issuer', async () => {
    const pair = await startPair();
    const token = mintToken(OPS, { iat: 1, exp: 2, sub: 'alice' });
    await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    expect(await pair.soleRecord()).toMatchObject({
      reason: 'token_expired',
      issuer: 'ops.pub',
      subject: 'alice',
    });
  });

  it('of a failed request says how', async () => {
    const pair = await startPair({ upstreamUrl: 'http://127.0.0.1:1' });
    await pair.ask();
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'failed',
      reason: 'upstream_unreachable',
      issuer: 'ops.pub',
      status: 502,
      upstream_status: undefined,
    });
  });

  it('of what never became a request has its reason and no path', async () => {
    const pair = await startPair();
    await pair.send('nonsense\r\n\r\n');
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'denied',
      reason: 'request_malformed',
      client: '127.0.0.1',
      method: undefined,
      path: undefined,
      issuer: undefined,
    });
  });

  it.each([
    ['as it came', '/api/v4/../a%2Fb', '/api/v4/../a%2Fb'],
    ['cut', `/api/v4//${'x'.repeat(300)}`, `/api/v4//${'x'.repeat(191)}...`],
    ['without its query', '/api/v4//?token=secret', '/api/v4//'],
    ['without its fragment', '/api/v4/#secret', '/api/v4/'],
    ['without a password', 'http://user:secret@guard.example/api/v4', 'http://guard.example/api/v4'],
  ])('of an ambiguous target shows it %s, and no path', async (_, sent, shown) => {
    const pair = await startPair();
    await pair.ask('GET', sent);
    const record = await pair.soleRecord();
    expect(record).toMatchObject({ reason: 'target_ambiguous', target: shown, path: undefined });
    expect(JSON.stringify(record)).not.toContain('secret');
  });

  it.each([
    ['bytes that are no HTTP', 'nonsense\r\n\r\n', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a tunnel', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 405],
  ])(
    'of %s, refused before it is a request, has the status and the bytes of its answer',
    async (_, bytes, status) => {
      const pair = await startPair();
      const answer = await pair.send(bytes);
      expect(answer.status).toBe(status);
      expect(await pair.soleRecord()).toMatchObject({ status, bytes_out: answer.body.length });
    },
  );

  it('of a body that breaks off has the status and the bytes of its answer', async () => {
    const pair = await startPair();
    const answer = await pair.ask('POST', PUBLISH, ['Transfer-Encoding: chunked'], 'z\r\n');
    expect(answer.status).toBe(400);
    expect(await pair.soleRecord()).toMatchObject({ status: 400, bytes_out: answer.body.length });
  });

  it('is none for a connection without a byte', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.socket.end();
    await connection.closed();
    expect((await pair.ask()).status).toBe(200);
    await pair.records(1);
  });

  it.each([
    ['endpoints.list', 'read', 'GET', '/api/v4'],
    ['brokers.list', 'read', 'GET', `${BROKERS}/`],
    ['rules.create', 'config', 'POST', '/api/v4/rules'],
    ['mqtt.publish', 'publish', 'POST', PUBLISH],
    ['configuration.http-read', 'secrets', 'GET', '/api/v4/configuration/http_server'],
    ['broker.stop', 'control', 'POST', '/api/v4/ctrl/stop'],
    ['configuration.read', 'secrets', 'GET', '/api/v4/%63onfiguration'],
  ])('names the action %s of the class %s of %s %s', async (action, actionClass, method, target) => {
    const pair = await startPair();
    await pair.ask(method, target);
    expect(await pair.soleRecord()).toMatchObject({ action, class: actionClass });
  });

  it('names no action where the catalogue has none', async () => {
    const pair = await startPair();
    await pair.ask('GET', '/api/v4/unheard-of');
    const record = await pair.soleRecord();
    expect(record).toMatchObject({ path: '/api/v4/unheard-of', issuer: 'ops.pub', reason: 'not_permitted' });
    expect(record.action).toBeUndefined();
  });

  it('names what the request is about, as the path has it', async () => {
    const pair = await startPair();
    await pair.ask('GET', '/api/v4/clients/line%201%2Fpump');
    expect((await pair.soleRecord()).target).toBe('line 1/pump');
  });

  it('is one for each of many requests at once, with ids of their own', async () => {
    const pair = await startPair();
    const kinds = [
      () => pair.ask(),
      () => pair.send(buildHead('GET', BROKERS)),
      () => pair.ask('GET', '/x'),
      () => pair.send('nonsense\r\n\r\n'),
    ];
    const asks = Array.from({ length: 50 }, () => kinds.map((ask) => ask())).flat();
    const ids = (await Promise.all(asks)).map(({ headers }) => headers.get('x-request-id'));
    const recorded = (await pair.records(200)).map((record) => record.request_id);
    expect(new Set(recorded).size).toBe(200);
    expect(recorded.sort()).toEqual(ids.sort());
  });
});
