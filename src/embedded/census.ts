// Who is connected, who is subscribed, and what has passed: counted from the events of Aedes.
// Nothing here is configured or guessed; it knows no HTTP and no JSON.

import type { Aedes, AedesOptions, Client, Subscription } from 'aedes';
import { matches, splitTopic } from '../policy/topic.ts';

type ConnectPacket = Parameters<NonNullable<AedesOptions['preConnect']>>[1];

/** What a client said of itself in CONNECT. The password is not kept. */
export interface ConnectFacts {
  readonly username: string;
  readonly keepaliveSeconds: number;
  readonly protocolName: string;
  readonly protocolVersion: number;
  readonly will?: { readonly topic: string; readonly payload: string };
}

/** One MQTT session. A session that is not clean outlives its connection. */
export interface Session {
  readonly clientId: string;
  readonly client: Client;
  readonly facts: ConnectFacts;
  isConnected: boolean;
  /** Topic filter -> granted QoS. */
  readonly subscriptions: Map<string, number>;
}

/** The broker's own heartbeat and notices travel there; they are nobody's messages. */
const SYSTEM_PREFIX = '$SYS/';

function readConnect(packet: ConnectPacket): ConnectFacts {
  const { will } = packet;
  return {
    username: packet.username ?? '',
    keepaliveSeconds: packet.keepalive ?? 0,
    protocolName: packet.protocolId ?? 'MQTT',
    protocolVersion: packet.protocolVersion ?? 4,
    ...(will && { will: { topic: will.topic, payload: will.payload.toString() } }),
  };
}

export class Census {
  readonly #facts = new WeakMap<Client, ConnectFacts>();
  readonly #sessions = new Map<string, Session>();
  #received = 0;
  #sent = 0;
  #dropped = 0;

  /** PUBLISH in (MQTT and HTTP), deliveries out, and messages no subscription wanted, as NanoMQ counts them. */
  get messages(): { readonly received: number; readonly sent: number; readonly dropped: number } {
    return { received: this.#received, sent: this.#sent, dropped: this.#dropped };
  }

  /** Every session, in the order the clients first came. */
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  get connections(): number {
    return this.sessions.filter(({ isConnected }) => isConnected).length;
  }

  session(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** To be called for each CONNECT, before Aedes judges it: only this packet tells user name and keep-alive. */
  noteConnect(client: Client, packet: ConnectPacket): void {
    this.#facts.set(client, readConnect(packet));
  }

  /** To be called for each message on its way to a connected client. */
  noteDelivery(): void {
    this.#sent += 1;
  }

  /** Counts from now on what this broker does. */
  watch(broker: Aedes): void {
    broker.on('client', (client) => this.#arrive(client));
    broker.on('clientDisconnect', (client) => this.#leave(client));
    broker.on('subscribe', (subscriptions, client) => this.#subscribe(subscriptions, client));
    broker.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#owned(client)?.subscriptions.delete(filter);
    });
    broker.on('publish', (packet) => this.#publish(packet.topic));
  }

  /**
   * The session that this very connection owns. On a take-over ([MQTT-3.1.4-2]) the old connection's last
   * events come after the new one has arrived under the same client id, and must not touch it.
   */
  #owned(client: Client): Session | undefined {
    const session = this.#sessions.get(client.id);
    return session?.client === client ? session : undefined;
  }

  #arrive(client: Client): void {
    const facts = this.#facts.get(client);
    if (facts === undefined) return;
    const earlier = client.clean ? undefined : this.#sessions.get(client.id);
    this.#sessions.set(client.id, {
      clientId: client.id,
      client,
      facts,
      isConnected: true,
      subscriptions: earlier?.subscriptions ?? new Map(),
    });
  }

  #leave(client: Client): void {
    const session = this.#owned(client);
    if (session === undefined) return;
    session.isConnected = false;
    if (client.clean) this.#sessions.delete(client.id);
  }

  #subscribe(subscriptions: readonly Subscription[], client: Client): void {
    for (const { topic, qos } of subscriptions) this.#owned(client)?.subscriptions.set(topic, qos);
  }

  #publish(topic: string): void {
    if (topic.startsWith(SYSTEM_PREFIX)) return;
    this.#received += 1;
    if (!this.#isWanted(topic)) this.#dropped += 1;
  }

  #isWanted(topic: string): boolean {
    const name = splitTopic(topic);
    for (const { subscriptions } of this.#sessions.values()) {
      for (const filter of subscriptions.keys()) if (matches(splitTopic(filter), name)) return true;
    }
    return false;
  }
}
