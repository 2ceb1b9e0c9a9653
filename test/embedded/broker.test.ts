import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect as connectSocket, createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startEmbeddedBroker } from '../../src/embedded/broker.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { call, connect, eventually, OPEN_DOOR, readData, START_MS, start } from './harness.ts';

const now = (): number => START_MS;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function occupyPort() {
  const server = createServer();
  return { port: await listenOnLoopback(server), release: () => server.close() };
}

describe('the embedded broker', () => {
  it('listens on a socket that only its user can reach', async () => {
    const broker = await start();
    expect(statSync(broker.socketPath).isSocket()).toBe(true);
    expect(statSync(dirname(broker.socketPath)).mode & 0o777).toBe(0o700);
  });

  it('takes the wanted port for MQTT when it is free', async () => {
    const { port, release } = await occupyPort();
    release();
    const broker = await startEmbeddedBroker({ mqttPort: port, now, door: () => OPEN_DOOR });
    expect(broker.mqttPort).toBe(port);
    await broker.close();
  });

  it('takes one of the next ports for MQTT when the wanted one is in use, and serves there', async () => {
    const { port, release } = await occupyPort();
    const broker = await startEmbeddedBroker({ mqttPort: port, now, door: () => OPEN_DOOR });
    try {
      expect(broker.mqttPort).toBeGreaterThan(port);
      expect(broker.mqttPort).toBeLessThanOrEqual(port + 19);
      const client = await connectAsync(`mqtt://127.0.0.1:${broker.mqttPort}`);
      await client.endAsync();
    } finally {
      await broker.close();
      release();
    }
  });

  it('serves MQTT on loopback only', async () => {
    const broker = await start();
    const socket = connectSocket(broker.mqttPort, '127.0.0.2');
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('leaves no socket directory, listener or connection behind when closed', async () => {
    const broker = await startEmbeddedBroker({ mqttPort: 0, now, door: () => OPEN_DOOR });
    const client = await connect(broker);
    const silent = connectSocket(broker.mqttPort, '127.0.0.1');
    const idle = connectSocket(broker.socketPath);
    await Promise.all([once(silent, 'connect'), once(idle, 'connect')]);
    const dropped = new Promise((resolve) => client.once('close', () => resolve(undefined)));
    const closed = Promise.all([once(silent, 'close'), once(idle, 'close'), dropped]);
    for (const socket of [silent, idle]) socket.on('error', () => undefined).resume();

    await broker.close();
    await closed;

    expect(existsSync(dirname(broker.socketPath))).toBe(false);
    const [error] = await once(connectSocket(broker.mqttPort, '127.0.0.1'), 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('can be closed twice', async () => {
    const broker = await startEmbeddedBroker({ mqttPort: 0, now, door: () => OPEN_DOOR });
    await Promise.all([broker.close(), broker.close()]);
    await broker.close();
    expect(existsSync(broker.socketPath)).toBe(false);
  });

  it('ends its MQTT side when the socket cannot be made, and says where', async () => {
    const { port, release } = await occupyPort();
    release();
    vi.stubEnv('TMPDIR', '/nowhere/at/all');
    await expect(startEmbeddedBroker({ mqttPort: port, now, door: () => OPEN_DOOR })).rejects.toMatchObject({
      code: 'embedded_failed',
      message: expect.stringContaining('/nowhere/at/all'),
    });
    const [error] = await once(connectSocket(port, '127.0.0.1'), 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('keeps the socket path short when the temporary directory has a long name', async () => {
    const long = mkdtempSync(join(tmpdir(), `${'x'.repeat(90)}-`));
    vi.stubEnv('TMPDIR', long);
    try {
      const broker = await start();
      expect(Buffer.byteLength(broker.socketPath)).toBeLessThanOrEqual(103);
      expect((await call(broker, '/api/v4')).status).toBe(200);
      expect(readdirSync(long)).toEqual([]);
    } finally {
      rmSync(long, { recursive: true });
    }
  });

  it('publishes the will of a lost client, but none below $SYS/', async () => {
    const broker = await start();
    const watcher = await connect(broker, { clientId: 'watcher' });
    const seen: string[] = [];
    watcher.on('message', (topic) => seen.push(topic));
    await watcher.subscribeAsync(['$SYS/lost', 'lost']);
    for (const topic of ['$SYS/lost', 'lost']) {
      const will = { topic, payload: Buffer.from('x'), qos: 0, retain: false } as const;
      const client = await connect(broker, { clientId: 'c', will });
      client.stream.destroy();
      await eventually(async () => expect(await readData(broker, '/api/v4/clients/c')).toEqual([]));
    }
    await eventually(() => expect(seen).toEqual(['lost']));
  });

  it('starts nothing when its module is loaded', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen');
    const create = vi.spyOn(Aedes, 'createBroker');
    vi.resetModules();
    await import('../../src/embedded/broker.ts');
    expect(listen).not.toHaveBeenCalled();
    expect(create).not.toHaveBeenCalled();
  });
});
