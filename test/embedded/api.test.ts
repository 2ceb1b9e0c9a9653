import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { call, callJson, START_MS, start } from './harness.ts';

const BROKERS = '/api/v4/brokers';
const PUBLISH = '/api/v4/mqtt/publish';
const HTML = 'text/html; charset=UTF-8';
const MESSAGE = { topic: 'a', payload: 'x' };

/** A publish request of so many bytes. */
function bodyOf(length: number): string {
  const frame = JSON.stringify({ ...MESSAGE, payload: '' }).length;
  return JSON.stringify({ ...MESSAGE, payload: 'x'.repeat(length - frame) });
}

describe('credentials of the embedded API', () => {
  it('answers 401 code 104 without credentials', async () => {
    const broker = await start();
    expect(await callJson(broker, BROKERS, { credentials: null })).toEqual({
      status: 401,
      body: { code: 104 },
    });
  });

  it('answers 401 code 104 to another scheme', async () => {
    const broker = await start();
    const headers = { authorization: 'Bearer e30.e30.AAAA' };
    expect(await callJson(broker, BROKERS, { credentials: null, headers })).toEqual({
      status: 401,
      body: { code: 104 },
    });
  });

  it.each(['admin:public', 'x', ':'])(
    'answers 401 code 103 to the wrong credentials %s',
    async (credentials) => {
      const broker = await start();
      expect(await callJson(broker, BROKERS, { credentials })).toEqual({ status: 401, body: { code: 103 } });
    },
  );

  it('refuses the right credentials with something appended', async () => {
    const broker = await start();
    const credentials = `${broker.username}:${broker.password}\0junk`;
    expect(await callJson(broker, BROKERS, { credentials })).toEqual({ status: 401, body: { code: 103 } });
  });

  it('asks for credentials before it tells which paths and methods exist', async () => {
    const broker = await start();
    for (const request of [{ path: '/api/v4/x' }, { path: BROKERS, method: 'PATCH' }]) {
      expect((await call(broker, request.path, { ...request, credentials: null })).status).toBe(401);
    }
  });

  it('has other credentials at every start', async () => {
    const [first, second] = [await start(), await start()];
    expect(first.password).not.toBe(second.password);
    expect(first.password.length).toBeGreaterThanOrEqual(32);
    const credentials = `${first.username}:${first.password}`;
    expect((await call(second, BROKERS, { credentials })).status).toBe(401);
  });
});

describe('paths and methods of the embedded API', () => {
  it.each([
    ['GET', '/api/v4/nothing'],
    ['GET', '/api/v4/Brokers'],
    ['POST', '/api/v4/mqtt/subscribe'],
    ['POST', BROKERS],
    ['PUT', BROKERS],
    ['DELETE', '/api/v4/clients/x'],
    ['GET', PUBLISH],
  ])('answers 404 code 102 to %s %s', async (method, path) => {
    const broker = await start();
    expect(await callJson(broker, path, { method })).toEqual({ status: 404, body: { code: 102 } });
  });

  it.each(['/', '/api', '/api/v40', '/API/V4/brokers'])(
    'answers 404 with a page to %s, whoever asks',
    async (path) => {
      const broker = await start();
      const { status, headers, text } = await call(broker, path, { credentials: null });
      expect({ status, type: headers['content-type'] }).toEqual({ status: 404, type: HTML });
      expect(text).toContain('404 Not Found');
    },
  );

  it.each(['PATCH', 'OPTIONS', 'TRACE'])('answers 405 code 102 to %s', async (method) => {
    const broker = await start();
    expect(await callJson(broker, BROKERS, { method })).toEqual({ status: 405, body: { code: 102 } });
  });

  it('answers 405 without a body to HEAD', async () => {
    const broker = await start();
    expect(await call(broker, BROKERS, { method: 'HEAD' })).toMatchObject({ status: 405, text: '' });
  });

  it('takes a path with a slash at its end and a query for the same path', async () => {
    const broker = await start();
    for (const path of [`${BROKERS}/`, `${BROKERS}?_page=1`, '/api/v4', '/api/v4/']) {
      expect((await call(broker, path)).status, path).toBe(200);
    }
  });

  it('gives an error the Content-Type of its request, and none where that had none', async () => {
    const broker = await start();
    const typeOf = async (path: string, headers: Record<string, string>, credentials?: null) =>
      (await call(broker, path, { headers, ...(credentials === null && { credentials }) })).headers[
        'content-type'
      ];
    for (const path of ['/api/v4/nothing', '/api/v4/clients?x=1']) {
      expect(await typeOf(path, {}), path).toBeUndefined();
      expect(await typeOf(path, { 'content-type': 'text/xml' }), path).toBe('text/xml');
    }
    expect(await typeOf(BROKERS, {}, null)).toBeUndefined();
    expect(await typeOf(BROKERS, { 'content-type': 'text/xml' }, null)).toBe('text/xml');
  });

  it('answers application/json without a charset', async () => {
    const broker = await start();
    expect((await call(broker, BROKERS)).headers['content-type']).toBe('application/json');
  });
});

describe('bodies sent to the embedded API', () => {
  const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const broker = await start();
    return await callJson(broker, PUBLISH, { method: 'POST', body, headers });
  };
  const NOT_JSON = { status: 400, body: { code: 109 } };

  it.each(['', '{', '"text"', '[]', 'topic=a'])('answers 400 code 109 to %j', async (body) => {
    expect(await send(body)).toEqual(NOT_JSON);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense'])(
    'reads JSON sent as %s',
    async (contentType) => {
      expect(await send(JSON.stringify(MESSAGE), { 'content-type': contentType })).toEqual({
        status: 200,
        body: { code: 0 },
      });
    },
  );

  it('does not unpack a body: to NanoMQ it is no JSON', async () => {
    const body = gzipSync(JSON.stringify(MESSAGE));
    expect(await send(body, { 'content-encoding': 'gzip' })).toEqual(NOT_JSON);
  });

  it('takes a body of 1 MiB', async () => {
    expect((await send(bodyOf(1_048_576))).status).toBe(200);
  });

  it('answers 400 with a page to one byte more, before it asks for credentials', async () => {
    const broker = await start();
    const request = { method: 'POST', body: bodyOf(1_048_577), credentials: null };
    const { status, headers } = await call(broker, PUBLISH, request);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 400, type: HTML });
  });

  it('collects no more than 1 MiB of a body without a length', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    expect((await send(JSON.stringify(MESSAGE), headers)).status).toBe(200);
    expect(await send(bodyOf(1_048_577), headers)).toEqual(NOT_JSON);
  });
});

describe('trouble inside the embedded API', () => {
  it('answers 500 code 102 when a route fails, warns, and goes on', async () => {
    let isBroken = false;
    const broker = await start(() => {
      if (isBroken) throw new Error('no clock');
      return START_MS;
    });
    const warned = once(process, 'warning');
    isBroken = true;
    expect(await callJson(broker, BROKERS)).toEqual({ status: 500, body: { code: 102 } });
    expect((await warned)[0].message).toContain('no clock');
    isBroken = false;
    expect((await call(broker, BROKERS)).status).toBe(200);
  });

  it('goes on after a sender who left in the middle of a body', async () => {
    const broker = await start();
    const outgoing = request({
      socketPath: broker.socketPath,
      path: PUBLISH,
      method: 'POST',
      auth: `${broker.username}:${broker.password}`,
      headers: { 'content-length': 100 },
    });
    outgoing.on('error', () => undefined);
    await new Promise<void>((resolve) => outgoing.write('{"topic":', () => resolve()));
    const gone = new Promise<void>((resolve) => outgoing.once('close', () => resolve()));
    outgoing.destroy();
    await gone;
    expect((await call(broker, BROKERS)).status).toBe(200);
  });
});
