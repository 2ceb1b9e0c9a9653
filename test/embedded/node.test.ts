import { describe, expect, it } from 'vitest';
import { call, callJson, connect, post, readData, START_MS, start } from './harness.ts';

interface Endpoint {
  readonly path: string;
  readonly name: string;
  readonly method: string;
  readonly descr: string;
}

describe('the embedded broker about itself', () => {
  it('lists the 41 endpoints that NanoMQ lists', async () => {
    const broker = await start();
    const endpoints = (await readData(broker, '/api/v4')) as Endpoint[];
    expect(endpoints).toHaveLength(41);
    expect(endpoints[0]).toEqual({
      path: '/brokers/',
      name: 'list_brokers',
      method: 'GET',
      descr: 'A list of brokers in the cluster',
    });
    expect(endpoints[40]).toMatchObject({ path: '/prometheus', name: 'prometheus', method: 'GET' });
    expect(new Set(endpoints.map(({ method, path }) => `${method} ${path}`)).size).toBe(41);
  });

  it('has a route for every endpoint it lists, but for the five that NanoMQ only lists', async () => {
    const broker = await start();
    const endpoints = (await readData(broker, '/api/v4')) as Endpoint[];
    const missing: string[] = [];
    for (const { path, method } of endpoints) {
      const body = JSON.stringify(path.endsWith('batch') ? [] : {});
      const request = method === 'POST' || method === 'PUT' ? { method, body } : { method };
      const { status, text } = await call(broker, `/api/v4${path}`, request);
      if (status === 404 && text === '{"code":102}') missing.push(`${method} ${path}`);
    }
    expect(missing).toEqual([
      'POST /mqtt/subscribe',
      'DELETE /bridges/:bridge_name',
      'POST /mqtt/unsubscribe',
      'POST /mqtt/subscribe_batch',
      'POST /mqtt/unsubscribe_batch',
    ]);
  });

  it('tells the time, how long it runs and that it is Aedes', async () => {
    let nowMs = START_MS;
    const broker = await start(() => nowMs);
    nowMs += ((25 * 60 + 2) * 60 + 3) * 1000;
    const { status, body } = await callJson(broker, '/api/v4/brokers');
    const at = new Date(nowMs);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        code: 0,
        data: [
          {
            datetime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
            node_status: 'Running',
            sysdescr: 'broker-guard embedded broker (Aedes)',
            uptime: '25 Hours, 2 minutes, 3 seconds',
            version: expect.stringMatching(/^\d+\.\d+\.\d+/),
          },
        ],
      },
    });
    const { datetime } = (body as { data: [{ datetime: string }] }).data[0];
    expect(new Date(datetime).getTime()).toBe(at.getTime());
  });

  it('counts its connections', async () => {
    const broker = await start();
    await connect(broker);
    await connect(broker);
    expect(await readData(broker, '/api/v4/nodes')).toEqual([
      {
        connections: 2,
        node_status: 'Running',
        uptime: '0 Hours, 0 minutes, 0 seconds',
        version: expect.any(String),
      },
    ]);
  });

  it('does not count a publish as a connection', async () => {
    const broker = await start();
    await post(broker, '/api/v4/mqtt/publish', { topic: 'a', payload: 'x', clientid: 'c' });
    expect(await readData(broker, '/api/v4/nodes')).toMatchObject([{ connections: 0 }]);
    expect(await readData(broker, '/api/v4/clients')).toEqual([]);
  });
});
