// A walk along NanoMQ's HTTP manual: each route asked as its examples ask it, with MQTT.js at the other end.
import { describe, expect, it } from 'vitest';
import { callJson, connect, eventually, nextMessage, post, readData, start } from './harness.ts';

const OK = { status: 200, body: { code: 0 } };
const API = '/api/v4';

async function startWithThermometer() {
  const broker = await start();
  const client = await connect(broker, {
    clientId: 'thermometer',
    username: 'greenhouse',
    password: 'unasked',
  });
  return { broker, client };
}

describe("the examples of NanoMQ's manual", () => {
  it('list the endpoints, the broker, the node and the metrics', async () => {
    const { broker } = await startWithThermometer();
    expect(await readData(broker, API)).toContainEqual({
      path: '/topic-tree/',
      name: 'list_topic-tree',
      method: 'GET',
      descr: 'A list of topic-tree in the cluster',
    });
    expect(await readData(broker, `${API}/brokers`)).toMatchObject([{ node_status: 'Running' }]);
    expect(await readData(broker, `${API}/nodes`)).toMatchObject([{ connections: 1 }]);
    expect((await callJson(broker, `${API}/metrics`)).body).toMatchObject({
      cpuinfo: expect.stringMatching(/%$/),
    });
  });

  it('find a client in the list, by its id, by its user name and by a filter', async () => {
    const { broker } = await startWithThermometer();
    const found = [expect.objectContaining({ client_id: 'thermometer', username: 'greenhouse' })];
    for (const path of ['', '/thermometer', '/username/greenhouse', '?conn_state=connected&proto_name=MQTT'])
      expect(await readData(broker, `${API}/clients${path}`), path).toEqual(found);
  });

  it('show what a client subscribed to, and where in the tree of topics', async () => {
    const { broker, client } = await startWithThermometer();
    await client.subscribeAsync('greenhouse/east', { qos: 2 });
    const subscribed = [{ clientid: 'thermometer', topic: 'greenhouse/east', qos: 2 }];
    expect(await readData(broker, `${API}/subscriptions`)).toEqual(subscribed);
    expect(await readData(broker, `${API}/subscriptions/thermometer`)).toEqual(subscribed);
    expect(await readData(broker, `${API}/topic-tree`)).toEqual([
      [{ topic: '', cld_cnt: 1 }],
      [{ topic: 'greenhouse', cld_cnt: 1 }],
      [{ topic: 'east', cld_cnt: 0, clientid: ['thermometer'] }],
    ]);
  });

  it('publish one message with properties', async () => {
    const { broker, client } = await startWithThermometer();
    await client.subscribeAsync('greenhouse/#', { qos: 1 });
    const arrived = nextMessage(client);
    const message = { topic: 'greenhouse/door', payload: 'open', qos: 1, retain: false, clientid: 'ops' };
    const properties = { user_properties: { id: 7, floor: 'ground' }, content_type: 'text/plain' };
    expect(await post(broker, `${API}/mqtt/publish`, { ...message, properties })).toEqual(OK);
    expect(await arrived).toEqual({ topic: 'greenhouse/door', payload: 'open', qos: 1 });
  });

  it('publish a batch', async () => {
    const { broker, client } = await startWithThermometer();
    const seen: string[] = [];
    client.on('message', (topic, payload) => seen.push(`${topic} ${payload}`));
    await client.subscribeAsync('greenhouse/#');
    const batch = [
      { topic: 'greenhouse/door', payload: 'open', clientid: 'ops' },
      { topics: 'greenhouse/light,greenhouse/fan', payload: 'on', clientid: 'ops' },
    ];
    expect(await post(broker, `${API}/mqtt/publish_batch`, batch)).toEqual({
      status: 200,
      body: {
        data: [
          { topic: 'greenhouse/door', code: 0 },
          { topic: 'greenhouse/light,greenhouse/fan', code: 0 },
        ],
        code: 0,
      },
    });
    await eventually(() =>
      expect(seen).toEqual(['greenhouse/door open', 'greenhouse/light on', 'greenhouse/fan on']),
    );
  });

  it('get none of subscribing over HTTP, which the manual calls unsupported', async () => {
    const { broker } = await startWithThermometer();
    for (const route of ['subscribe', 'unsubscribe', 'subscribe_batch', 'unsubscribe_batch'])
      expect(await post(broker, `${API}/mqtt/${route}`, { topic: 'a', clientid: 'thermometer' })).toEqual({
        status: 404,
        body: { code: 102 },
      });
  });

  it('reload what can be reloaded', async () => {
    const { broker } = await startWithThermometer();
    const data = {
      property_size: 48,
      max_packet_size: 4,
      msq_len: 512,
      qos_duration: 15,
      allow_anonymous: false,
    };
    expect(await post(broker, `${API}/reload`, { data })).toEqual(OK);
    expect(await readData(broker, `${API}/reload`)).toMatchObject(data);
  });

  it('read and set the configuration, whole and in parts', async () => {
    const { broker } = await startWithThermometer();
    const websocket = { enable: true, url: 'nmq-ws://127.0.0.1:8085/mqtt' };
    expect(await post(broker, `${API}/configuration`, { data: { websocket } })).toEqual(OK);
    expect(await readData(broker, `${API}/configuration`)).toMatchObject({ websocket });
    expect(await post(broker, `${API}/configuration/basic`, { data: { basic: { msq_len: 9 } } })).toEqual(OK);
    expect(await readData(broker, `${API}/configuration/basic`)).toMatchObject({ basic: { msq_len: 9 } });
  });

  it('read a bridge, change it, switch it, and change its subscriptions', async () => {
    const { broker } = await startWithThermometer();
    const west = {
      name: 'west',
      enable: true,
      server: 'mqtt-tcp://farm.example:1883',
      proto_ver: 4,
      clientid: 'greenhouse-bridge',
      username: 'greenhouse',
      password: 'other',
      keepalive: 30,
      forwards: [{ remote_topic: 'farm/up', local_topic: 'greenhouse/up' }],
      subscription: [{ remote_topic: 'farm/down', local_topic: 'greenhouse/down', qos: 1 }],
    };
    const request = { method: 'PUT', body: JSON.stringify({ west }) };
    expect(await callJson(broker, `${API}/bridges/west`, request)).toEqual(OK);
    const subscription = [{ remote_topic: 'farm/alarm', local_topic: 'greenhouse/alarm', qos: 2 }];
    expect(await post(broker, `${API}/bridges/sub/west`, { data: { subscription } })).toEqual(OK);
    const unsubscription = [{ topic: 'farm/down' }];
    expect(await post(broker, `${API}/bridges/unsub/west`, { data: { unsubscription } })).toEqual(OK);
    expect(await post(broker, `${API}/bridges/switch/west`, { data: { bridge_switch: false } })).toEqual(OK);
    expect(await readData(broker, `${API}/bridges`)).toMatchObject({
      bridge: {
        nodes: [
          {
            name: 'west',
            enable: false,
            connector: { server: west.server, clientid: west.clientid, password: 'other', keepalive: 30 },
            forwards: west.forwards,
            subscription,
          },
        ],
      },
    });
  });

  it('make a rule, read it, change it and delete it', async () => {
    const { broker } = await startWithThermometer();
    const params = {
      topic: 'farm/copy',
      address: 'mqtt-tcp://farm.example:1883',
      username: 'g',
      password: 'p',
    };
    const rawsql = 'SELECT payload FROM "greenhouse/#" WHERE qos > 0';
    const rule = { rawsql, actions: [{ name: 'repub', params }], description: 'copies to the farm' };
    const made = { data: { rawsql, id: 1, enabled: true }, actions: [], code: 0 };
    expect(await post(broker, `${API}/rules`, rule)).toEqual({ status: 200, body: made });
    expect(await readData(broker, `${API}/rules`)).toMatchObject([{ id: 1, rawsql }]);
    expect(await readData(broker, `${API}/rules/rule:1`)).toMatchObject({ id: 1, enabled: true });
    const disable = { method: 'PUT', body: '{"enabled":false}' };
    expect((await callJson(broker, `${API}/rules/rule:1`, disable)).body).toMatchObject({
      data: { enabled: false },
    });
    expect(await callJson(broker, `${API}/rules/rule:1`, { method: 'DELETE' })).toEqual(OK);
  });
});
