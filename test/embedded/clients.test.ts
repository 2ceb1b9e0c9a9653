import { describe, expect, it } from 'vitest';
import { callJson, connect, eventually, readData, start } from './harness.ts';

const CLIENTS = '/api/v4/clients';
const SUBSCRIPTIONS = '/api/v4/subscriptions';

describe('clients of the embedded broker', () => {
  it('shows a connected client in the list, by id and by user name', async () => {
    const broker = await start();
    await connect(broker, { clientId: 'sensor-1', username: 'alice', password: 'unasked', keepalive: 30 });
    await connect(broker, { clientId: 'sensor-2' });
    const sensor1 = {
      client_id: 'sensor-1',
      username: 'alice',
      keepalive: 30,
      conn_state: 'connected',
      clean_start: true,
      proto_name: 'MQTT',
      proto_ver: 4,
    };
    expect(await readData(broker, CLIENTS)).toEqual([
      sensor1,
      { ...sensor1, client_id: 'sensor-2', username: '', keepalive: 60 },
    ]);
    expect(await readData(broker, `${CLIENTS}/sensor-1`)).toEqual([sensor1]);
    expect(await readData(broker, `${CLIENTS}/username/alice`)).toEqual([sensor1]);
  });

  it.each([
    `${CLIENTS}/nobody`,
    `${CLIENTS}/username/nobody`,
    `${CLIENTS}/constructor`,
    `${SUBSCRIPTIONS}/nobody`,
  ])('answers an empty list to %s', async (path) => {
    const broker = await start();
    await connect(broker, { clientId: 'somebody' });
    expect(await callJson(broker, path)).toEqual({ status: 200, body: { code: 0, data: [] } });
  });

  it.each([
    ['clientid=sensor-1', ['sensor-1']],
    ['clientid=nobody', []],
    ['username=alice', ['sensor-1', 'old']],
    ['conn_state=connected', ['sensor-1', 'sensor-2']],
    ['conn_state=disconnected', ['old']],
    ['conn_state=idle', []],
    ['clean_start=true', ['sensor-1', 'sensor-2']],
    ['clean_start=false', ['old']],
    ['proto_name=MQTT', ['sensor-1', 'old']],
    ['proto_name=MQIsdp', ['sensor-2']],
    ['proto_ver=3', ['sensor-2']],
    ['proto_ver=4&username=alice', ['sensor-1', 'old']],
    ['username=alice&clean_start=false', ['old']],
    ['clientid', ['sensor-1', 'sensor-2', 'old']],
    ['clientid=', ['sensor-1', 'sensor-2', 'old']],
  ])('asked for ?%s are %j', async (query, ids) => {
    const broker = await start();
    await connect(broker, { clientId: 'sensor-1', username: 'alice', password: 'unasked' });
    await connect(broker, { clientId: 'sensor-2', protocolId: 'MQIsdp', protocolVersion: 3 });
    const old = await connect(broker, { clientId: 'old', username: 'alice', password: 'x', clean: false });
    await old.endAsync();
    await eventually(async () =>
      expect(await readData(broker, `${CLIENTS}/old`)).toMatchObject([{ conn_state: 'disconnected' }]),
    );
    const found = (await readData(broker, `${CLIENTS}?${query}`)) as { client_id: string }[];
    expect(found.map(({ client_id }) => client_id)).toEqual(ids);
  });

  it.each([
    `${CLIENTS}?_page=1`,
    `${CLIENTS}?clientid=c&x=1`,
    `${CLIENTS}/c?x=1`,
    `${CLIENTS}/username/u?x=1`,
  ])('answers 400 code 108 to %s, whose parameter nobody knows', async (path) => {
    const broker = await start();
    await connect(broker, { clientId: 'c', username: 'u', password: 'unasked' });
    expect(await callJson(broker, path)).toEqual({ status: 400, body: { code: 108 } });
  });

  it('filters a client by id and by user name as well', async () => {
    const broker = await start();
    await connect(broker, { clientId: 'c', username: 'u', password: 'unasked' });
    expect(await readData(broker, `${CLIENTS}/c?username=u`)).toHaveLength(1);
    expect(await readData(broker, `${CLIENTS}/c?username=x`)).toEqual([]);
    expect(await readData(broker, `${CLIENTS}/username/u?clientid=x`)).toEqual([]);
  });

  it.each(['a b', 'a/b', 'ä'])(
    'takes path and query as they stand: %j, encoded, is another name',
    async (name) => {
      const broker = await start();
      const encoded = encodeURIComponent(name);
      await connect(broker, { clientId: name, username: name, password: 'unasked' });
      for (const path of [
        `${CLIENTS}/${encoded}`,
        `${CLIENTS}/username/${encoded}`,
        `${SUBSCRIPTIONS}/${encoded}`,
      ])
        expect(await readData(broker, path), path).toEqual([]);
      expect(await readData(broker, `${CLIENTS}?clientid=${encoded}`)).toEqual([]);
    },
  );

  it('finds an id with a slash by the query', async () => {
    const broker = await start();
    await connect(broker, { clientId: 'hall/1' });
    expect(await readData(broker, `${CLIENTS}?clientid=hall/1`)).toMatchObject([{ client_id: 'hall/1' }]);
  });

  it('finds an id that looks encoded by the very same letters', async () => {
    const broker = await start();
    await connect(broker, { clientId: 'a%20b' });
    expect(await readData(broker, `${CLIENTS}/a%20b`)).toMatchObject([{ client_id: 'a%20b' }]);
  });

  it('shows the will', async () => {
    const broker = await start();
    const will = { topic: 'gone', payload: Buffer.from('bye'), qos: 0, retain: false } as const;
    await connect(broker, { clientId: 'c', will });
    expect(await readData(broker, CLIENTS)).toMatchObject([{ will_topic: 'gone', will_msg: 'bye' }]);
  });

  it('forgets a client with a clean session when it disconnects', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c' });
    await client.subscribeAsync('t');
    await client.endAsync();
    await eventually(async () => expect(await readData(broker, CLIENTS)).toEqual([]));
    expect(await readData(broker, SUBSCRIPTIONS)).toEqual([]);
  });

  it('keeps a session that is not clean as disconnected, with its subscriptions, and takes it up again', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c', clean: false });
    await client.subscribeAsync('t', { qos: 1 });
    await client.endAsync();
    await eventually(async () =>
      expect(await readData(broker, CLIENTS)).toMatchObject([
        { conn_state: 'disconnected', clean_start: false },
      ]),
    );
    await connect(broker, { clientId: 'c', clean: false });
    expect(await readData(broker, CLIENTS)).toMatchObject([{ conn_state: 'connected' }]);
    expect(await readData(broker, SUBSCRIPTIONS)).toEqual([{ clientid: 'c', topic: 't', qos: 1 }]);
  });

  it('forgets the subscriptions of an earlier session when the client comes back clean', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c', clean: false });
    await client.subscribeAsync('t', { qos: 1 });
    await client.endAsync();
    await connect(broker, { clientId: 'c' });
    expect(await readData(broker, SUBSCRIPTIONS)).toEqual([]);
  });

  it('shows the newcomer alone when a second connection takes over a client id', async () => {
    const broker = await start();
    const first = await connect(broker, { clientId: 'c', username: 'first' });
    await first.subscribeAsync('t');
    const second = await connect(broker, { clientId: 'c', username: 'second' });
    await second.subscribeAsync('t');
    expect(await readData(broker, CLIENTS)).toMatchObject([{ username: 'second', conn_state: 'connected' }]);
    expect(await readData(broker, SUBSCRIPTIONS)).toHaveLength(1);
  });
});

describe('subscriptions of the embedded broker', () => {
  it('lists them all and by client, and forgets what is unsubscribed', async () => {
    const broker = await start();
    const first = await connect(broker, { clientId: 'first' });
    const second = await connect(broker, { clientId: 'second' });
    await first.subscribeAsync({ 'a/b': { qos: 1 }, '#': { qos: 0 } });
    await second.subscribeAsync('a/b', { qos: 2 });
    const ofFirst = [
      { clientid: 'first', topic: 'a/b', qos: 1 },
      { clientid: 'first', topic: '#', qos: 0 },
    ];
    const ofSecond = [{ clientid: 'second', topic: 'a/b', qos: 2 }];
    expect(await readData(broker, SUBSCRIPTIONS)).toEqual([...ofFirst, ...ofSecond]);
    expect(await readData(broker, `${SUBSCRIPTIONS}/second`)).toEqual(ofSecond);

    await first.unsubscribeAsync('#');
    expect(await readData(broker, `${SUBSCRIPTIONS}/first`)).toEqual(ofFirst.slice(0, 1));
  });

  it('shows the QoS of the latest subscription to a filter', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c' });
    await client.subscribeAsync('t', { qos: 0 });
    await client.subscribeAsync('t', { qos: 2 });
    expect(await readData(broker, SUBSCRIPTIONS)).toEqual([{ clientid: 'c', topic: 't', qos: 2 }]);
  });
});
