// The embedded broker: Aedes on loopback with NanoMQ's v4 HTTP API over it, for a guard that was given none.
// MQTT clients are asked about at a door that is handed in: 127.0.0.1 only, for trying the product. The HTTP side is reachable by its
// unix socket alone, with credentials of its own. Loading this module starts nothing.

import { randomBytes } from 'node:crypto';
import type { MqttDoor } from '../mqtt/door.ts';
import { createApi } from './api.ts';
import { Census } from './census.ts';
import { createGate } from './gate.ts';
import { startHttp } from './http.ts';
import { startMqtt } from './mqtt.ts';

export interface EmbeddedBroker {
  /** The unix socket that serves `/api/v4`. */
  readonly socketPath: string;
  /** Basic credentials of the API. */
  readonly username: string;
  readonly password: string;
  /** Where MQTT listens on 127.0.0.1. */
  readonly mqttPort: number;
  /** Ends listeners, connections and broker, and removes the socket's directory. May be called again. */
  close(): Promise<void>;
}

export interface EmbeddedBrokerOptions {
  /** Usually 1883. In use: the next free one of 20, then any. 0: any. */
  readonly mqttPort: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Judges MQTT clients; while there is none nobody is let in. */
  readonly door: () => MqttDoor | undefined;
  /** Credentials of the API; new ones where none are given. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Starts the broker and its API. When one half cannot start, the other is ended before this rejects.
 * @throws Failure `embedded_failed`.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const census = new Census();
  const credentials = options.credentials ?? { username: randomSecret(), password: randomSecret() };
  const mqtt = await startMqtt(options.mqttPort, census, createGate(options.door, options.now));
  const api = createApi({ broker: mqtt.broker, census, now: options.now, ...credentials });
  const http = await startHttp(api).catch(async (error) => {
    await mqtt.close();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    // The API first: a publish must not meet a broker that is gone.
    closing ??= http.close().finally(() => mqtt.close());
    return closing;
  };
  return { ...credentials, socketPath: http.socketPath, mqttPort: mqtt.port, close };
}

const randomSecret = (): string => randomBytes(24).toString('base64url');
