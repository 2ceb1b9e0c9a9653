// A running embedded broker for one test, real HTTP over its socket and real MQTT clients; all ended after it.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, vi } from 'vitest';
import { type EmbeddedBroker, startEmbeddedBroker } from '../../src/embedded/broker.ts';
import type { MqttDoor } from '../../src/mqtt/door.ts';
import { DEADLINE_MS } from '../support/wait-for.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** `user:password`; null sends none. */
  readonly credentials?: string | null;
}

export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

const running: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.close();
});

/** Lets everybody do everything: most of the broker is not about who may. */
export const OPEN_DOOR: MqttDoor = {
  admit: async () => ({ disconnectAtMs: Infinity, may: () => true, whenOver: () => () => undefined }),
  deliveries: { allowed: 0, denied: 0 },
};

export async function start(
  now: () => number = () => START_MS,
  door: MqttDoor | undefined = OPEN_DOOR,
): Promise<EmbeddedBroker> {
  const broker = await startEmbeddedBroker({ mqttPort: 0, now, door: () => door });
  running.push(broker);
  return broker;
}

export async function connect(broker: EmbeddedBroker, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.mqttPort}`, {
    reconnectPeriod: 0,
    ...options,
  });
  running.push({ close: () => client.endAsync(true) });
  return client;
}

/** One request over the socket; `path` is taken as it stands. */
export function call(broker: EmbeddedBroker, path: string, request: Request = {}): Promise<Answer> {
  const { method = 'GET', headers, body, credentials = `${broker.username}:${broker.password}` } = request;
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    const outgoing = httpRequest(
      {
        socketPath: broker.socketPath,
        path,
        method,
        headers: { ...(body !== undefined && lengthOf(body, headers)), ...headers },
        ...(credentials !== null && { auth: credentials }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          answer = { status: response.statusCode ?? 0, headers: response.headers, text };
        });
      },
    );
    outgoing.once('error', reject);
    // Not at the end of the answer: a refused body may still be on its way, and the broker must outlive it.
    outgoing.once('close', () => answer !== undefined && resolve(answer));
    outgoing.end(body);
  });
}

function lengthOf(body: string | Buffer, headers: Request['headers']): Record<string, number> {
  return headers?.['transfer-encoding'] === undefined ? { 'content-length': Buffer.byteLength(body) } : {};
}

/** Status and parsed body, for comparing in one go. */
export async function callJson(
  broker: EmbeddedBroker,
  path: string,
  request?: Request,
): Promise<{ status: number; body: unknown }> {
  const { status, text } = await call(broker, path, request);
  return { status, body: JSON.parse(text) };
}

export function post(broker: EmbeddedBroker, path: string, value: unknown): ReturnType<typeof callJson> {
  return callJson(broker, path, { method: 'POST', body: JSON.stringify(value) });
}

/** The `data` of a 200 answer. */
export async function readData(broker: EmbeddedBroker, path: string): Promise<unknown> {
  const { status, body } = await callJson(broker, path);
  if (status !== 200) throw new Error(`${path} answered ${status}`);
  return (body as { data: unknown }).data;
}

/** The next message this client gets. */
export function nextMessage(client: MqttClient): Promise<{ topic: string; payload: string; qos: number }> {
  return new Promise((resolve) => {
    client.once('message', (topic, payload, { qos }) => resolve({ topic, payload: String(payload), qos }));
  });
}

/** Waits until the assertion holds. */
export function eventually(assertion: () => Promise<void> | void): Promise<void> {
  return vi.waitFor(assertion, { timeout: DEADLINE_MS, interval: 10 });
}
