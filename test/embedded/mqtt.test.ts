import { once } from 'node:events';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { Census } from '../../src/embedded/census.ts';
import { createGate } from '../../src/embedded/gate.ts';
import { startMqtt } from '../../src/embedded/mqtt.ts';
import { connect, OPEN_DOOR, start } from './harness.ts';

const GATE = createGate(() => OPEN_DOOR, Date.now);

describe('the MQTT side of the embedded broker', () => {
  it('reports trouble inside the broker as a warning and goes on', async () => {
    const mqtt = await startMqtt(0, new Census(), GATE);
    try {
      const warned = once(process, 'warning');
      mqtt.broker.emit('error', new Error('no will today'));
      const [warning] = await warned;
      expect(warning.message).toContain('no will today');
      const client = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`);
      await client.endAsync();
    } finally {
      await mqtt.close();
    }
  });

  it('refuses a port that cannot be had, and says so', async () => {
    await expect(startMqtt(-1, new Census(), GATE)).rejects.toMatchObject({ code: 'embedded_failed' });
  });

  it('drops a client that publishes below $SYS/', async () => {
    const broker = await start();
    const client = await connect(broker);
    const dropped = new Promise((resolve) => client.once('close', () => resolve('dropped')));
    client.publish('$SYS/x', 'x');
    expect(await dropped).toBe('dropped');
  });
});
