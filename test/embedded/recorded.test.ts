// Answers that were recorded from a NanoMQ 0.25.6, a row each, replayed against the embedded broker. A row is a fact about
// the real broker: where one is not kept on purpose, it is not in the table, and docs/embedded.md says so.
import { describe, expect, it } from 'vitest';
import { call, connect, eventually, nextMessage, type Request, readData, start } from './harness.ts';

interface Row {
  readonly path: string;
  readonly request?: Request;
  readonly status: number;
  /** Content-Type; null where there is none. */
  readonly type?: string | null;
  /** The body's text; JSON where it is an object. */
  readonly body: string | object;
}

const JSON_TYPE = 'application/json';
const HTML_TYPE = 'text/html; charset=UTF-8';
const PUBLISH = '/api/v4/mqtt/publish';

const code = (number: number): string => `{"code":${number}}`;
const posting = (body: string, headers: Record<string, string> = {}): Request => ({
  method: 'POST',
  body,
  headers,
});

/** An error that NanoMQ makes itself has its request's Content-Type, here none. */
const refusal = (path: string, status: number, number: number, request: Request = {}): Row => ({
  path,
  request,
  status,
  type: null,
  body: code(number),
});

/** A publish is answered 200 whatever came of it. */
const published = (body: string, number: number, headers: Record<string, string> = {}): Row => ({
  path: PUBLISH,
  request: posting(body, headers),
  status: 200,
  type: JSON_TYPE,
  body: code(number),
});

const CLIENT = {
  client_id: 'c-1',
  username: 'alice',
  keepalive: 60,
  conn_state: 'connected',
  clean_start: true,
  proto_name: 'MQTT',
  proto_ver: 4,
};
const clients = (query: string, data: readonly object[]): Row => ({
  path: `/api/v4/clients${query}`,
  status: 200,
  type: JSON_TYPE,
  body: { code: 0, data },
});

const text = expect.any(String);

const RECORDED: readonly Row[] = [
  // Who asks.
  refusal('/api/v4/brokers', 401, 104, { credentials: null }),
  refusal('/api/v4/brokers', 401, 104, { credentials: null, headers: { authorization: 'Bearer a.b.c' } }),
  refusal('/api/v4/brokers', 401, 103, { credentials: 'admin:wrong' }),
  refusal('/api/v4/nothing', 401, 104, { credentials: null }),
  refusal('/api/v4/brokers', 401, 104, { credentials: null, method: 'PATCH' }),
  {
    path: '/api/v4/brokers',
    request: { credentials: null, headers: { 'content-type': 'text/xml' } },
    status: 401,
    type: 'text/xml',
    body: code(104),
  },
  // Paths and methods.
  refusal('/api/v4/nothing', 404, 102),
  refusal('/api/v4/Brokers', 404, 102),
  refusal('/api/v4/brokers/x', 404, 102),
  refusal('/api/v4/%62rokers', 404, 102),
  refusal('/api/v4/brokers', 404, 102, { method: 'DELETE' }),
  refusal('/api/v4/brokers', 404, 102, posting('{}')),
  refusal('/api/v4/mqtt/subscribe', 404, 102, posting('{"topic":"a","clientid":"c-1"}')),
  refusal('/api/v4/mqtt/unsubscribe', 404, 102, posting('{"topic":"a","clientid":"c-1"}')),
  refusal('/api/v4/mqtt/subscribe_batch', 404, 102, posting('[]')),
  refusal('/api/v4/mqtt/unsubscribe_batch', 404, 102, posting('[]')),
  refusal('/api/v4/bridges/west', 404, 102, { method: 'DELETE' }),
  refusal('/api/v4/brokers', 405, 102, { method: 'PATCH' }),
  refusal('/api/v4/brokers', 405, 102, { method: 'OPTIONS' }),
  refusal('/api/v4/brokers', 405, 102, { method: 'TRACE' }),
  { path: '/api/v4/brokers', request: { method: 'HEAD' }, status: 405, type: null, body: '' },
  {
    path: '/api/v4/nothing',
    request: { headers: { 'content-type': 'text/xml' } },
    status: 404,
    type: 'text/xml',
    body: code(102),
  },
  {
    path: '/',
    request: { credentials: null },
    status: 404,
    type: HTML_TYPE,
    body: expect.stringContaining('404'),
  },
  {
    path: PUBLISH,
    request: { ...posting('x'.repeat(1_048_577)), credentials: null },
    status: 400,
    type: HTML_TYPE,
    body: expect.stringContaining('400'),
  },
  // What is.
  {
    path: '/api/v4/brokers',
    status: 200,
    type: JSON_TYPE,
    body: {
      code: 0,
      data: [{ datetime: text, node_status: 'Running', sysdescr: text, uptime: text, version: text }],
    },
  },
  { path: '/api/v4/brokers/', status: 200, type: JSON_TYPE, body: expect.objectContaining({ code: 0 }) },
  { path: '/api/v4/brokers?x=1', status: 200, type: JSON_TYPE, body: expect.objectContaining({ code: 0 }) },
  {
    path: '/api/v4/nodes',
    status: 200,
    type: JSON_TYPE,
    body: { code: 0, data: [{ connections: 1, node_status: 'Running', uptime: text, version: text }] },
  },
  {
    path: '/api/v4/metrics',
    status: 200,
    type: JSON_TYPE,
    body: { metrics: [], cpuinfo: text, memory: text, connections: 1 },
  },
  {
    path: '/api/v4/prometheus',
    status: 200,
    type: 'text/plain',
    body: expect.stringContaining('\nnanomq_connections_count 1\n'),
  },
  { path: '/api/v4/rules', status: 200, type: JSON_TYPE, body: code(111) },
  {
    path: '/api/v4/subscriptions',
    status: 200,
    type: JSON_TYPE,
    body: { code: 0, data: [{ clientid: 'c-1', topic: 'hall/#', qos: 2 }] },
  },
  {
    path: '/api/v4/topic-tree',
    status: 200,
    type: JSON_TYPE,
    body: {
      code: 0,
      data: [
        [{ topic: '', cld_cnt: 1 }],
        [{ topic: 'hall', cld_cnt: 1 }],
        [{ topic: '#', cld_cnt: 0, clientid: ['c-1'] }],
      ],
    },
  },
  // Clients, and the filters.
  clients('', [CLIENT]),
  clients('/c-1', [CLIENT]),
  clients('/username/alice', [CLIENT]),
  clients('/%63-1', []),
  clients('/username/%61lice', []),
  clients('?clientid=c-1', [CLIENT]),
  clients('?clientid=c-2', []),
  clients('?username=alice', [CLIENT]),
  clients('?username=bob', []),
  clients('?conn_state=connected', [CLIENT]),
  clients('?conn_state=disconnected', []),
  clients('?clean_start=true', [CLIENT]),
  clients('?clean_start=false', []),
  clients('?proto_ver=4', [CLIENT]),
  clients('?proto_ver=5', []),
  clients('?proto_name=MQTT', [CLIENT]),
  clients('?proto_name=CoAP', []),
  refusal('/api/v4/clients?x=1', 400, 108),
  refusal('/api/v4/clients/c-1?x=1', 400, 108),
  // Publishing.
  published('{"topic":"t","payload":"x"}', 0),
  published('{"topic":"t","payload":"x"}', 0, { 'content-type': 'text/xml' }),
  published('{"payload":"x"}', 108),
  published('{"topic":"t","payload":"x","qos":9}', 0),
  published('{"topic":"t","payload":"x","qos":-1}', 0),
  published('{"topic":"t","payload":"x","qos":1.5}', 0),
  published('{"TOPIC":"t","PayLoad":"x"}', 0),
  published('{"topic":"t","payload":"x"}tail', 0),
  refusal(PUBLISH, 400, 109, posting('')),
  refusal(PUBLISH, 400, 109, posting('{"topic":')),
  {
    path: '/api/v4/mqtt/publish_batch',
    request: posting('[{"topic":"t","payload":"x"},{"topic":"t"}]'),
    status: 200,
    type: JSON_TYPE,
    body: {
      data: [
        { topic: 't', code: 0 },
        { topic: 't', code: 108 },
      ],
      code: 0,
    },
  },
  refusal('/api/v4/mqtt/publish_batch', 400, 109, posting('{"topic":"t","payload":"x"}')),
];

const title = ({ path, request = {}, status }: Row): string =>
  `${request.method ?? 'GET'} ${path} ${request.body?.slice(0, 60) ?? ''} -> ${status}`;

describe('what a NanoMQ 0.25.6 answers, the embedded broker answers', () => {
  it.each(RECORDED.map((row) => [title(row), row] as const))('%s', async (_, row) => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c-1', username: 'alice', password: 'unasked' });
    await client.subscribeAsync('hall/#', { qos: 2 });
    const { status, headers, text: answer } = await call(broker, row.path, row.request);
    const body = typeof row.body === 'object' && answer.startsWith('{') ? JSON.parse(answer) : answer;
    expect({ status, type: headers['content-type'] ?? null, body }).toEqual({
      status: row.status,
      type: row.type ?? null,
      body: row.body,
    });
  });

  it('lists 41 endpoints', async () => {
    expect(await readData(await start(), '/api/v4')).toHaveLength(41);
  });

  it.each([401, 404])('has no field about itself in a refusal, and tells its length: %i', async (status) => {
    const broker = await start();
    const request = status === 401 ? { credentials: null } : {};
    const { headers } = await call(broker, '/api/v4/nothing', request);
    expect(headers['content-length']).toBe('12');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('www-authenticate');
  });
});

describe('what a subscriber of a NanoMQ 0.25.6 gets, one of the embedded broker gets', () => {
  it.each<[string, string]>([
    ['{"topic":"hall/t","payload":"aGVsbG8=","encoding":"base64"}', 'YUdWc2JHOD0='],
    ['{"topic":"hall/t","payload":"aGVsbG8=","decoding":"base64"}', 'hello'],
    ['{"topic":"hall/t","topic":"x","payload":"first","payload":"second"}', 'first'],
    ['{"Topic":"hall/t","PAYLOAD":"case"}', 'case'],
    ['{"topic":"hall/t","payload":"tail"} and more', 'tail'],
    ['{"topic":"hall/t","payload":"cut\\u0000off"}', 'cut'],
  ])('%s arrives as %s', async (body, payload) => {
    const broker = await start();
    const client = await connect(broker);
    await client.subscribeAsync('hall/#');
    const arrived = nextMessage(client);
    const answer = await call(broker, PUBLISH, posting(body));
    expect(answer).toMatchObject({ status: 200, text: code(0) });
    expect(await arrived).toMatchObject({ topic: 'hall/t', payload });
  });
});

describe('what MQTT cannot carry', () => {
  it.each(['', 'a/+', '#', '$SYS/x', 'a\\u0000b'])(
    'stays refused with code 108, where NanoMQ might take it: the topic "%s"',
    async (topic) => {
      const broker = await start();
      const client = await connect(broker);
      const seen: string[] = [];
      client.on('message', (name) => seen.push(name));
      await client.subscribeAsync(['#', '$SYS/x']);
      const refused = await call(broker, PUBLISH, posting(`{"topic":"${topic}","payload":"x"}`));
      expect(refused).toMatchObject({ status: 200, text: code(108) });
      await call(broker, PUBLISH, posting('{"topic":"last","payload":"x"}'));
      await eventually(() => expect(seen).toEqual(['last']));
    },
  );
});
