// RabbitMQ's rabbitmq_auth_backend_http, asked for its MQTT plugin's clients: who connects, to which virtual host, to which of
// the broker's own resources, and to which topic. `allow` and `deny` are the only answers, and no tag is given: with one a
// client could use the management API.
import type { Adapter, HookAnswer } from './adapter.ts';
import type { Members } from './members.ts';
import { spellRules, toTopic } from './rabbitmq-spelling.ts';
import type { Client } from './sessions.ts';

const ALLOWED: HookAnswer = { status: 200, body: 'allow' };
const DENIED: HookAnswer = { status: 200, body: 'deny' };
const allowWhere = (isAllowed: boolean): HookAnswer => (isAllowed ? ALLOWED : DENIED);

/** `mqtt.exchange`, where MQTT clients' messages go through. */
const EXCHANGE = 'amq.topic';

function readClient(members: Members, clientIdName = 'client_id'): Client {
  return {
    clientId: members.needName(clientIdName),
    username: members.needName('username'),
    place: members.needName('vhost'),
  };
}

/** Those that the MQTT plugin makes in a client's name, and the exchange. */
function isOwnResource(members: Members, { clientId }: Client): boolean {
  const kind = members.word('resource', ['exchange', 'queue']);
  const name = members.needText('name');
  const permission = members.word('permission', ['configure', 'write', 'read']);
  if (kind === 'exchange') return name === EXCHANGE && permission !== 'configure';
  return OWN_QUEUES.some((make) => make(clientId) === name);
}

const OWN_QUEUES: readonly ((clientId: string) => string)[] = [
  (clientId) => `mqtt-subscription-${clientId}qos0`,
  (clientId) => `mqtt-subscription-${clientId}qos1`,
  (clientId) => `mqtt-will-${clientId}`,
];

export const RABBITMQ: Adapter = {
  name: 'rabbitmq',
  hooks: [
    {
      path: 'rabbitmq/user',
      denied: DENIED,
      async ask({ members }, asker) {
        const login = await asker.connect(readClient(members), members.text('password'), {
          spell: spellRules,
        });
        return allowWhere(login !== undefined);
      },
    },
    {
      path: 'rabbitmq/vhost',
      denied: DENIED,
      ask({ members }, asker) {
        const client = readClient(members);
        return allowWhere(asker.tellOwn('vhost', client.place, client, asker.find(client) !== undefined));
      },
    },
    {
      path: 'rabbitmq/resource',
      denied: DENIED,
      ask({ members }, asker) {
        const client = readClient(members);
        const isOwn = isOwnResource(members, client) && asker.find(client) !== undefined;
        return allowWhere(asker.tellOwn('resource', members.needText('name'), client, isOwn));
      },
    },
    {
      path: 'rabbitmq/topic',
      denied: DENIED,
      ask({ members }, asker) {
        const client = readClient(members, 'variable_map.client_id');
        const isRead = members.word('permission', ['write', 'read']) === 'read';
        const question = {
          action: isRead ? 'subscribe' : 'publish',
          topic: toTopic(members.needText('routing_key'), isRead),
          qos: undefined,
          retain: undefined,
        } as const;
        const isHere = members.word('resource', ['topic']) === 'topic' && members.text('name') === EXCHANGE;
        return allowWhere(isHere && asker.mayUse(client, asker.find(client), question));
      },
    },
  ],
  cacheAdvice:
    'RabbitMQ remembers 12 answers about topics and 12 about resources with each connection for as long as that lasts, which cannot be switched off: set end_sessions = true, so that connections end with their tokens. Put no rabbitmq_auth_backend_cache in between',
};
