import { describe, expect, it } from 'vitest';
import { callJson, connect, eventually, post, readData, start } from './harness.ts';

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
      ipv4: '127.0.0.1',
      conn_state: 'connected',
      clean_start: true,
      proto_name: 'MQTT',
      proto_ver: 4,
      recv_msg: 0,
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

  it('finds a client whose id needs percent-escapes', async () => {
    const broker = await start();
    await connect(broker, { clientId: 'a b' });
    expect(await readData(broker, `${CLIENTS}/a%20b`)).toMatchObject([{ client_id: 'a b' }]);
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

  it('counts the messages a client was given', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c' });
    await client.subscribeAsync('t');
    for (const topic of ['t', 't', 'other'])
      await post(broker, '/api/v4/mqtt/publish', { topic, payload: 'x' });
    expect(await readData(broker, CLIENTS)).toMatchObject([{ recv_msg: 2 }]);
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
