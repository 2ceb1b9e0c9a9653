// Between Aedes and whoever judges MQTT clients: each CONNECT, PUBLISH, filter of a SUBSCRIBE, will and delivery is
// asked about, and a connection ends when its login does. Decides nothing itself, but that `$SYS/` is the broker's.
import type { Aedes, AedesOptions, AedesPublishPacket, AuthenticateError, Client } from 'aedes';
import { peerAddress } from '../http/client-address.ts';
import type { MqttDoor, Visitor } from '../mqtt/door.ts';
import type { Qos, TopicAction } from '../policy/topic-rules.ts';

type Hooks = Required<Pick<AedesOptions, 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'>>;

export interface Gate {
  readonly hooks: Hooks;
  mayReceive(client: Client, packet: AedesPublishPacket): boolean;
  /** To be called once: connections end from now on when their logins do, in time or before. */
  watch(broker: Aedes): void;
}

/** A Node timer beyond this fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** MQTT 3.1.1 table 3.1. */
const SERVER_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

export function createGate(door: () => MqttDoor | undefined, now: () => number): Gate {
  const visitors = new WeakMap<Client, Visitor>();
  const timers = new Map<Client, NodeJS.Timeout>();
  const endings = new WeakMap<Client, () => void>();

  const ask = (client: Client, action: TopicAction, topic: string, qos: number, retain: boolean): boolean =>
    visitors.get(client)?.may({ action, topic, qos: qos as Qos, retain }) === true;

  const endInTime = (client: Client): void => {
    const disconnectAtMs = visitors.get(client)?.disconnectAtMs ?? 0;
    if (disconnectAtMs === Number.POSITIVE_INFINITY) return;
    const waitMs = disconnectAtMs - now();
    if (waitMs <= 0) client.close();
    else timers.set(client, setTimeout(endInTime, Math.min(waitMs, MAX_TIMER_MS), client));
  };

  return {
    hooks: {
      authenticate(client, username, password, done) {
        const asked = door()?.admit({
          clientId: client.id,
          username,
          password: password?.toString('utf8'),
          peerHost: 'remoteAddress' in client.conn ? peerAddress(client.conn) : undefined,
        });
        if (asked === undefined) return done(refuse(SERVER_UNAVAILABLE), false);
        asked.then(
          (visitor) => {
            if (visitor === undefined) return done(refuse(NOT_AUTHORIZED), false);
            visitors.set(client, visitor);
            done(null, true);
          },
          () => done(refuse(SERVER_UNAVAILABLE), false),
        );
      },
      // Wills come this way too. The broker's own HTTP API has no client, and a guard of its own.
      authorizePublish(client, { topic, qos, retain }, done) {
        const isFree =
          !topic.startsWith('$SYS/') && (client === null || ask(client, 'publish', topic, qos, retain));
        done(isFree ? null : new Error('not authorized to publish'));
      },
      authorizeSubscribe(client, subscription, done) {
        const { topic, qos } = subscription;
        // Null is the failure of this one filter ([MQTT-3.9.3-2]), which leaves the connection alone.
        done(null, ask(client, 'subscribe', topic, qos, false) ? subscription : null);
      },
    },
    mayReceive: (client, { topic, qos, retain }) => ask(client, 'receive', topic, qos, retain),
    watch(broker) {
      broker.on('client', (client) => {
        endInTime(client);
        const stop = visitors.get(client)?.whenOver(() => client.close());
        if (stop !== undefined) endings.set(client, stop);
      });
      broker.on('clientDisconnect', (client) => {
        endings.get(client)?.();
        clearTimeout(timers.get(client));
        timers.delete(client);
      });
    },
  };
}

function refuse(returnCode: number): AuthenticateError {
  return Object.assign(new Error('not authorized'), { returnCode });
}
