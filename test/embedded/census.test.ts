import type { Client } from 'aedes';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { Census } from '../../src/embedded/census.ts';
import { createGate } from '../../src/embedded/gate.ts';
import { startMqtt } from '../../src/embedded/mqtt.ts';
import { OPEN_DOOR } from './harness.ts';

describe('the census of the embedded broker', () => {
  it('is not misled by late events of a connection whose client id was taken over', async () => {
    const census = new Census();
    const mqtt = await startMqtt(
      0,
      census,
      createGate(() => OPEN_DOOR, Date.now),
    );
    const arrived: Client[] = [];
    mqtt.broker.on('client', (client) => arrived.push(client));
    const connectAgain = () =>
      connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { clientId: 'c', reconnectPeriod: 0 });
    const first = await connectAgain();
    const second = await connectAgain();
    try {
      await second.subscribeAsync('t');
      mqtt.broker.emit('unsubscribe', ['t'], arrived[0]);
      mqtt.broker.emit('clientDisconnect', arrived[0]);
      // The very object: comparing all that hangs on it goes as deep as the timers of the process.
      expect(census.session('c')?.client === arrived[1]).toBe(true);
      expect(census.session('c')?.isConnected).toBe(true);
      expect(census.session('c')?.subscriptions).toEqual(new Map([['t', 0]]));
    } finally {
      await Promise.all([first.endAsync(true), second.endAsync(true)]);
      await mqtt.close();
    }
  });
});
