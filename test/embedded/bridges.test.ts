import { describe, expect, it } from 'vitest';
import type { EmbeddedBroker } from '../../src/embedded/broker.ts';
import { callJson, post, readData, start } from './harness.ts';

const BRIDGES = '/api/v4/bridges';
const WEST = `${BRIDGES}/west`;
const OK = { status: 200, body: { code: 0 } };

const put = (broker: EmbeddedBroker, path: string, value: unknown) =>
  callJson(broker, path, { method: 'PUT', body: JSON.stringify(value) });

async function readWest(broker: EmbeddedBroker): Promise<unknown> {
  const { bridge } = (await readData(broker, WEST)) as { bridge: { nodes: readonly unknown[] } };
  return bridge.nodes[0];
}

const UP = { remote_topic: 'cloud/up', local_topic: 'up' };
const DOWN = { remote_topic: 'cloud/down', local_topic: 'down', qos: 2 };

describe('the bridges of the embedded broker', () => {
  it('are one, switched off, the same in each of three readings', async () => {
    const broker = await start();
    const all = await readData(broker, BRIDGES);
    expect(all).toMatchObject({ bridge: { nodes: [{ name: 'west', enable: false }] } });
    expect(await readData(broker, WEST)).toEqual(all);
    expect(await readData(broker, '/api/v4/configuration/bridge')).toEqual(all);
  });

  it('are none under a name nobody has', async () => {
    const broker = await start();
    expect(await readData(broker, `${BRIDGES}/east`)).toEqual({ bridge: { nodes: [] } });
  });

  it('are replaced whole: what is not given falls back to its default', async () => {
    const broker = await start();
    const server = 'mqtt-tcp://broker.example:1883';
    const given = {
      server,
      proto_ver: 5,
      password: 'other',
      enable: true,
      forwards: [UP],
      subscription: [DOWN],
    };
    const more = { sub_properties: { identifier: 3 }, ssl: { enable: true }, parallel: 9 };
    expect(await put(broker, WEST, { west: { ...given, ...more } })).toEqual(OK);
    expect(await readWest(broker)).toEqual({
      name: 'west',
      enable: true,
      parallel: 2,
      connector: {
        server,
        proto_ver: 5,
        clientid: null,
        clean_start: true,
        username: null,
        password: 'other',
        keepalive: 60,
      },
      forwards: [UP],
      subscription: [DOWN],
      sub_properties: { identifier: 3 },
      tls: expect.objectContaining({ enable: true, key: null }),
    });
  });

  it('may take another name', async () => {
    const broker = await start();
    expect(await put(broker, WEST, { west: { name: 'east', server: 'mqtt-tcp://a:1' } })).toEqual(OK);
    expect(await readData(broker, BRIDGES)).toMatchObject({ bridge: { nodes: [{ name: 'east' }] } });
  });

  it.each<[string, string, unknown, number, number]>([
    ['a name nobody has', `${BRIDGES}/east`, { east: { server: 'mqtt-tcp://a:1' } }, 404, 115],
    ['a body about another bridge', WEST, { east: { server: 'mqtt-tcp://a:1' } }, 403, 108],
    ['a bridge without a server', WEST, { west: { enable: true } }, 403, 108],
    ['no object', WEST, [], 400, 109],
  ])('refuse %s, and stay as they were', async (_, path, value, status, code) => {
    const broker = await start();
    const before = await readData(broker, BRIDGES);
    expect(await put(broker, path, value)).toEqual({ status, body: { code } });
    expect(await readData(broker, BRIDGES)).toEqual(before);
  });

  it('are switched on and off', async () => {
    const broker = await start();
    for (const bridge_switch of [true, false]) {
      expect(await post(broker, `${BRIDGES}/switch/west`, { data: { bridge_switch } })).toEqual(OK);
      expect(await readWest(broker)).toMatchObject({ enable: bridge_switch });
    }
  });

  it('get subscriptions, and lose them while switched on', async () => {
    const broker = await start();
    const subscription = [DOWN, { remote_topic: 'cloud/x', local_topic: 'x' }, { remote_topic: 'half' }, 1];
    expect(await post(broker, `${BRIDGES}/sub/west`, { data: { subscription } })).toEqual(OK);
    const planted = { remote_topic: 'west/down', local_topic: 'down', qos: 1 };
    const added = [DOWN, { remote_topic: 'cloud/x', local_topic: 'x', qos: 0 }];
    expect(await readWest(broker)).toMatchObject({ subscription: [planted, ...added] });

    const data = { unsubscription: [{ topic: 'cloud/down' }, { topic: 'nobody' }, {}] };
    expect(await post(broker, `${BRIDGES}/unsub/west`, { data })).toEqual({
      status: 404,
      body: { code: 108 },
    });
    await post(broker, `${BRIDGES}/switch/west`, { data: { bridge_switch: true } });
    expect(await post(broker, `${BRIDGES}/unsub/west`, { data })).toEqual(OK);
    expect(await readWest(broker)).toMatchObject({ subscription: [planted, added[1]] });
  });

  it.each<[string, unknown, number, number]>([
    ['switch/east', { data: { bridge_switch: true } }, 403, 115],
    ['switch/west', { data: { bridge_switch: 'on' } }, 403, 115],
    ['switch/west', [], 400, 109],
    ['sub/east', { data: { subscription: [] } }, 404, 108],
    ['sub/west', { data: {} }, 400, 109],
    ['sub/west', { subscription: [] }, 400, 109],
    ['unsub/east', { data: { unsubscription: [] } }, 404, 108],
    ['unsub/west', { data: { unsubscription: {} } }, 400, 109],
  ])('answer POST %s with %j as NanoMQ does: %i code %i', async (path, value, status, code) => {
    const broker = await start();
    expect(await post(broker, `${BRIDGES}/${path}`, value)).toEqual({ status, body: { code } });
  });

  it('bridge nothing: the metrics know of none', async () => {
    const broker = await start();
    await post(broker, `${BRIDGES}/switch/west`, { data: { bridge_switch: true } });
    expect((await callJson(broker, '/api/v4/metrics')).body).toMatchObject({ metrics: [] });
  });
});
