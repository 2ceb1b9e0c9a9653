// What is posted is read back, and nothing else happens.
import { describe, expect, it } from 'vitest';
import { PLANTED_SECRET } from '../../src/embedded/planted.ts';
import { call, callJson, post, readData, start } from './harness.ts';

const CONFIGURATION = '/api/v4/configuration';
const RELOAD = '/api/v4/reload';
const OK = { status: 200, body: { code: 0 } };
const NOT_JSON = { status: 400, body: { code: 109 } };

/** Where a value stands, as dotted paths. */
function pathsOf(wanted: unknown, value: unknown, path: readonly string[] = []): string[] {
  if (value === wanted) return [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => pathsOf(wanted, member, [...path, name]));
}

const SECRETS = [
  'tls.key_password',
  'tls.key',
  'auth.0.password',
  'auth_http.auth_req.headers.x-api-key',
  'auth_http.acl_req.headers.x-api-key',
  'auth_http.super_req.headers.x-api-key',
  'http_server.password',
  'bridge.nodes.0.connector.password',
];

describe('the planted secret of the embedded broker', () => {
  it('stands wherever a configuration holds one', async () => {
    const broker = await start();
    expect(pathsOf(PLANTED_SECRET, await readData(broker, CONFIGURATION))).toEqual(SECRETS);
    expect(await readData(broker, '/api/v4/bridges/west')).toMatchObject({
      bridge: { nodes: [{ connector: { password: PLANTED_SECRET } }] },
    });
  });

  it.each(['tls', 'auth', 'auth_http', 'http_server', 'bridge'])('stands in the part %s', async (part) => {
    const broker = await start();
    expect(pathsOf(PLANTED_SECRET, await readData(broker, `${CONFIGURATION}/${part}`))).toEqual(
      SECRETS.filter((path) => path.startsWith(`${part}.`)),
    );
  });

  it.each([
    '/api/v4',
    '/api/v4/brokers',
    '/api/v4/nodes',
    '/api/v4/clients',
    '/api/v4/metrics',
    '/api/v4/prometheus',
    '/api/v4/rules',
    RELOAD,
    `${CONFIGURATION}/basic`,
    `${CONFIGURATION}/sqlite`,
    `${CONFIGURATION}/websocket`,
  ])('stands nowhere in %s', async (path) => {
    const broker = await start();
    expect((await call(broker, path)).text).not.toContain(PLANTED_SECRET);
  });

  it('is no way into the API: its own login is another and stands nowhere', async () => {
    const broker = await start();
    const { text } = await call(broker, CONFIGURATION);
    expect(text).not.toContain(broker.password);
    const credentials = `admin:${PLANTED_SECRET}`;
    expect((await call(broker, CONFIGURATION, { credentials })).status).toBe(401);
  });
});

describe('the configuration of the embedded broker', () => {
  it.each<[string, object, object]>([
    ['basic', { property_size: 64, daemon: true, url: 'nmq-tcp://a:1' }, {}],
    ['tls', { enable: true, cert: 'CERT', verify_peer: true }, {}],
    ['tls', { keypass: 'k' }, { keypass: undefined, key_password: 'k' }],
    ['websocket', { enable: true, tls_url: 'nmq-wss://a:1/mqtt' }, {}],
    ['http_server', { port: 8082, username: 'hall', password: 'other', auth_type: 'jwt' }, {}],
    ['sqlite', { enable: true, mounted_file_path: '/tmp/' }, {}],
    [
      'auth_http',
      { timeout: 9, auth_req: { url: 'http://a/', headers: { 'x-b': 'c' }, params: ['username'] } },
      {},
    ],
  ])('gives back what is set of %s', async (part, given, otherwise) => {
    const broker = await start();
    expect(await post(broker, `${CONFIGURATION}/${part}`, { data: { [part]: given } })).toEqual(OK);
    const wanted = Object.fromEntries(
      Object.entries({ ...given, ...otherwise }).filter(([, value]) => value !== undefined),
    );
    expect(await readData(broker, `${CONFIGURATION}/${part}`)).toMatchObject({ [part]: wanted });
    expect(await readData(broker, CONFIGURATION)).toMatchObject({ [part]: wanted });
  });

  it('replaces logins from the first on, adds more, and takes none away', async () => {
    const broker = await start();
    const auth = [{ login: 'a', password: '1' }, { login: 'without' }, { login: 'b', password: '2' }];
    expect(await post(broker, `${CONFIGURATION}/auth`, { data: { auth } })).toEqual(OK);
    expect(await readData(broker, `${CONFIGURATION}/auth`)).toEqual({ auth: [auth[0], auth[2]] });
    expect(await post(broker, `${CONFIGURATION}/auth`, { data: { auth: [] } })).toEqual(OK);
    expect(await readData(broker, `${CONFIGURATION}/auth`)).toEqual({ auth: [auth[0], auth[2]] });
  });

  it('sets several parts at once, but not auth_http', async () => {
    const broker = await start();
    const data = { basic: { msq_len: 7 }, sqlite: { enable: true }, auth_http: { timeout: 9 } };
    expect(await post(broker, CONFIGURATION, { data })).toEqual(OK);
    expect(await readData(broker, CONFIGURATION)).toMatchObject({
      basic: { msq_len: 7 },
      sqlite: { enable: true },
      auth_http: { timeout: 5 },
    });
  });

  it.each<[string, unknown]>([
    ['a member of another type', { basic: { msq_len: '7', daemon: 1, url: 3, nobody: 1 } }],
    ['a part that is a list', { basic: [1] }],
    ['members named like those of every object', { basic: { constructor: 'x', __proto__: { msq_len: 7 } } }],
    ['the bridges', { bridge: { nodes: [] } }],
    ['a part nobody knows', { webhook: { enable: true } }],
    ['nothing', undefined],
  ])('passes over %s, and says 0', async (_, data) => {
    const broker = await start();
    const before = await readData(broker, CONFIGURATION);
    for (const path of [CONFIGURATION, `${CONFIGURATION}/basic`, `${CONFIGURATION}/bridge`])
      expect(await post(broker, path, { data })).toEqual(OK);
    expect(await readData(broker, CONFIGURATION)).toEqual(before);
  });

  it('starts anew with every broker', async () => {
    const first = await start();
    await post(first, `${CONFIGURATION}/basic`, { data: { basic: { msq_len: 7 } } });
    expect(await readData(await start(), `${CONFIGURATION}/basic`)).toMatchObject({
      basic: { msq_len: 2048 },
    });
  });

  it.each(['webhook', 'aws_bridge', 'constructor', 'streams', 'Basic'])(
    'answers 404 code 101 to a question for the part %s',
    async (part) => {
      const broker = await start();
      const { status, headers, text } = await call(broker, `${CONFIGURATION}/${part}`);
      expect({ status, type: headers['content-type'], text }).toEqual({
        status: 404,
        type: 'application/json',
        text: '{"code":101,"data":{}}',
      });
    },
  );

  it('answers code 0 to setting a part nobody knows', async () => {
    const broker = await start();
    expect(await post(broker, `${CONFIGURATION}/webhook`, { data: {} })).toEqual(OK);
  });

  it.each([CONFIGURATION, `${CONFIGURATION}/basic`, RELOAD])(
    'answers 400 code 109 to no object for %s',
    async (path) => {
      const broker = await start();
      for (const body of ['', '[]', 'x'])
        expect(await callJson(broker, path, { method: 'POST', body })).toEqual(NOT_JSON);
    },
  );
});

describe('what can be reloaded of the embedded broker', () => {
  it('is read as it was set, there and among the basic settings', async () => {
    const broker = await start();
    const data = {
      property_size: 64,
      max_packet_size: 3,
      client_max_packet_size: 5,
      msq_len: 1024,
      qos_duration: 20,
      keepalive_backoff: 1.5,
      allow_anonymous: true,
      enable_mqtt_stream: true,
      bridge_mode: true,
    };
    expect(await post(broker, RELOAD, { data })).toEqual(OK);
    expect(await readData(broker, RELOAD)).toEqual(data);
    const { enable_mqtt_stream, bridge_mode, ...basic } = data;
    expect(await readData(broker, `${CONFIGURATION}/basic`)).toMatchObject({ basic });
  });

  it('is nothing else', async () => {
    const broker = await start();
    const before = await readData(broker, CONFIGURATION);
    expect(await post(broker, RELOAD, { data: { url: 'x', daemon: true, nobody: 1 } })).toEqual(OK);
    expect(await post(broker, RELOAD, {})).toEqual(OK);
    expect(await readData(broker, CONFIGURATION)).toEqual(before);
  });
});

describe('what the embedded broker has not', () => {
  it('is a file to write: code 118', async () => {
    const broker = await start();
    const request = { method: 'POST', body: 'http_server { port = 8082 }' };
    expect(await callJson(broker, '/api/v4/config_update', request)).toEqual({
      status: 200,
      body: { code: 118 },
    });
  });

  it.each(['stop', 'restart', 'STOP', 'anything'])('is a process to %s: 404 code 101', async (action) => {
    const broker = await start();
    expect(await callJson(broker, `/api/v4/ctrl/${action}`, { method: 'POST' })).toEqual({
      status: 404,
      body: { code: 101 },
    });
    expect((await call(broker, '/api/v4/brokers')).status).toBe(200);
  });
});
