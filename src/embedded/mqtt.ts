// The MQTT side: Aedes (MQTT 3.1 and 3.1.1) behind a listener on loopback. Knows no HTTP.
// Who may connect, publish, subscribe and receive is for the gate to say.

import type { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { Failure } from '../failure.ts';
import { listen, watchConnections } from '../listener/listen.ts';
import type { Census } from './census.ts';
import type { Gate } from './gate.ts';

export interface MqttSide {
  readonly broker: Aedes;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const PORTS_TO_TRY = 20;
const MAX_PORT = 65_535;

/** A subscriber that stops reading holds a publish up for so long at most; the guard waits 10 s for an answer. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Starts Aedes on 127.0.0.1, on `port` or the next free one (0 = any). The census hears everything.
 * @throws Failure `embedded_failed` when no port can be opened.
 */
export async function startMqtt(port: number, census: Census, gate: Gate): Promise<MqttSide> {
  const broker = await createBroker(census, gate);
  const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
  const stopServer = watchConnections(server);
  const close = async (): Promise<void> => {
    await stopServer();
    await new Promise<void>((resolve) => broker.close(resolve));
  };
  try {
    return { broker, port: await listenOnFreePort(server, port), close };
  } catch (cause) {
    await close();
    const message = `The embedded broker cannot open a port for MQTT on ${HOST}: ${String(cause)}. Free port ${port} or choose another.`;
    throw new Failure('embedded_failed', message, { cause });
  }
}

async function createBroker(census: Census, gate: Gate): Promise<Aedes> {
  const broker = await Aedes.createBroker({
    drainTimeout: DRAIN_TIMEOUT_MS,
    preConnect: (client, packet, callback) => {
      census.noteConnect(client, packet);
      callback(null, true);
    },
    ...gate.hooks,
    authorizeForward: (client, packet) => {
      if (!gate.mayReceive(client, packet)) return null;
      census.noteDelivery();
      return packet;
    },
  });
  gate.watch(broker);
  census.watch(broker);
  reportErrors(broker);
  return broker;
}

/**
 * Without a listener an 'error' event ends the process. Aedes emits it when a will may not be published, which
 * it finds out when a machine wakes up from sleep.
 */
function reportErrors(broker: EventEmitter): void {
  broker.on('error', (error) => {
    process.emitWarning(`The embedded MQTT broker reports: ${String(error)}`);
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** The wanted port, the 19 after it, and at last whichever the system gives. */
function* portsToTry(first: number): Generator<number> {
  if (first !== 0) {
    for (let port = first; port < first + PORTS_TO_TRY && port <= MAX_PORT; port += 1) yield port;
  }
  yield 0;
}

async function listenOnFreePort(server: Server, first: number): Promise<number> {
  let lastError: unknown;
  for (const port of portsToTry(first)) {
    try {
      await listen(server, { host: HOST, port });
      return boundPort(server);
    } catch (error) {
      if (!isAddressInUse(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

function boundPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
  return address.port;
}
