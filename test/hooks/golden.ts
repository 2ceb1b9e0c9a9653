// Questions as each broker sends them, byte for byte where that is a form, and the answers that broker understands: of the
// client c1 of the user dev1, whose token may publish to `up/c1/#` and subscribe to `down/c1/#` and `all/+`.
import type { HookName } from '../../src/config/hooks.ts';
import type { Question } from '../support/hooks.ts';

export interface Expected {
  readonly status: number;
  /** JSON where it is an object. */
  readonly body: unknown;
}

export interface Golden {
  readonly name: HookName;
  readonly connect: (token: string) => Question;
  /** @param end Unix seconds, of the token */
  readonly connected: (end: number) => Expected;
  readonly denied: Expected;
  /** What c1 may do, of all the questions the broker asks on the way too. */
  readonly allowed: readonly [title: string, question: Question, answer: Expected][];
  readonly refused: readonly [title: string, question: Question, answer?: Expected][];
  /** The token comes with each question. */
  readonly isStateless?: boolean;
}

const form = (members: Readonly<Record<string, string>>): string =>
  Object.entries(members)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

const status = (code: number, body: unknown): Expected => ({ status: code, body });

const emqxAsk = (action: string, topic: string, more: object = {}): Question => ({
  path: 'emqx/authz',
  body: {
    clientid: 'c1',
    username: 'dev1',
    peerhost: '10.0.0.7',
    topic,
    action,
    qos: '1',
    retain: 'false',
    ...more,
  },
});
const EMQX_ALLOW = status(200, { result: 'allow' });
const EVERY_TOPIC = ['#', '$SYS/#', '$events/#', '$file/#'];

const EMQX: Golden = {
  name: 'emqx',
  connect: (password) => ({
    path: 'emqx/authn',
    body: { clientid: 'c1', username: 'dev1', password, peerhost: '10.0.0.7' },
  }),
  connected: (end) =>
    status(200, {
      result: 'allow',
      is_superuser: false,
      expire_at: end,
      acl: [
        { permission: 'allow', action: 'publish', topics: ['up/c1/#'] },
        { permission: 'deny', action: 'subscribe', topics: ['eq all/#'] },
        { permission: 'allow', action: 'subscribe', topics: ['down/c1/#', 'all/+'] },
        { permission: 'deny', action: 'all', topics: EVERY_TOPIC },
      ],
    }),
  denied: status(200, { result: 'deny' }),
  allowed: [
    ['a publish', emqxAsk('publish', 'up/c1/t'), EMQX_ALLOW],
    ['a subscription', emqxAsk('subscribe', 'down/c1/#'), EMQX_ALLOW],
    ['a delayed publish', emqxAsk('publish', '$delayed/5/up/c1/t'), EMQX_ALLOW],
    ['an exclusive subscription', emqxAsk('subscribe', '$exclusive/down/c1/x'), EMQX_ALLOW],
  ],
  refused: [
    ['a publish', emqxAsk('publish', 'up/c2/t')],
    ['a wider subscription', emqxAsk('subscribe', 'all/#')],
    ['another user name', emqxAsk('publish', 'up/c1/t', { username: 'dev2' })],
    ['a publish to a filter', emqxAsk('publish', 'up/c1/#')],
  ],
};

const NANOMQ_WHO = { clientid: 'c1', username: 'dev1' };
const nanomqAsk = (access: '1' | '2', topic: string): Question => ({
  path: 'nanomq/acl',
  body: form({ ...NANOMQ_WHO, peerhost: '10.0.0.7', access, topic }),
});
const NANOMQ_YES = status(200, 'allow');

const NANOMQ: Golden = {
  name: 'nanomq',
  connect: (password) => ({
    path: 'nanomq/auth',
    body: form({ ...NANOMQ_WHO, password, peerhost: '10.0.0.7' }),
  }),
  connected: () => NANOMQ_YES,
  denied: status(403, 'deny'),
  allowed: [
    ['a publish', nanomqAsk('2', 'up/c1/t'), NANOMQ_YES],
    ['a SUBSCRIBE with two filters', nanomqAsk('1', 'down/c1/#,all/x'), NANOMQ_YES],
    ['a shared subscription', nanomqAsk('1', '$share/g/down/c1/x'), NANOMQ_YES],
  ],
  refused: [
    ['a publish', nanomqAsk('2', 'up/c2/t')],
    ['a SUBSCRIBE with one wrong filter', nanomqAsk('1', 'down/c1/#,secret')],
    ['a SUBSCRIBE with an empty filter', nanomqAsk('1', 'down/c1/#,')],
    ['the news that it has come', nanomqAsk('2', '$SYS/brokers/client_status/c1')],
    ['whether it is free from rules', { path: 'nanomq/super', body: form(NANOMQ_WHO) }],
  ],
};

const rabbit = (hook: string, members: Readonly<Record<string, string>>): Question => ({
  path: `rabbitmq/${hook}`,
  body: form({ username: 'dev1', vhost: '/', ...members }),
});
const rabbitTopic = (permission: string, key: string, clientId = 'c1'): Question =>
  rabbit('topic', {
    resource: 'topic',
    name: 'amq.topic',
    permission,
    tags: '',
    routing_key: key,
    'variable_map.client_id': clientId,
    'variable_map.username': 'dev1',
    'variable_map.vhost': '/',
  });
const rabbitResource = (resource: string, name: string, permission: string): Question =>
  rabbit('resource', { resource, name, permission, tags: '', client_id: 'c1' });
const RABBITMQ_YES = status(200, 'allow');

const RABBITMQ: Golden = {
  name: 'rabbitmq',
  connect: (password) => ({
    path: 'rabbitmq/user',
    body: form({ username: 'dev1', password, vhost: '/', client_id: 'c1' }),
  }),
  connected: () => RABBITMQ_YES,
  denied: status(200, 'deny'),
  allowed: [
    ['its virtual host', rabbit('vhost', { ip: '127.0.0.1', tags: '', client_id: 'c1' }), RABBITMQ_YES],
    ['its queue', rabbitResource('queue', 'mqtt-subscription-c1qos1', 'configure'), RABBITMQ_YES],
    ['the exchange', rabbitResource('exchange', 'amq.topic', 'write'), RABBITMQ_YES],
    ['a publish', rabbitTopic('write', 'up.c1.t'), RABBITMQ_YES],
    ['a subscription', rabbitTopic('read', 'down.c1.#'), RABBITMQ_YES],
    ['a subscription with a wildcard level', rabbitTopic('read', 'all.*'), RABBITMQ_YES],
  ],
  refused: [
    ['another virtual host', rabbit('vhost', { vhost: 'b', ip: '127.0.0.1', tags: '', client_id: 'c1' })],
    ['the queue of another client', rabbitResource('queue', 'mqtt-subscription-c2qos1', 'read')],
    ['another exchange', rabbitResource('exchange', 'amq.direct', 'write')],
    ['making the exchange', rabbitResource('exchange', 'amq.topic', 'configure')],
    ['a publish', rabbitTopic('write', 'up.c2.t')],
    ['a wider subscription', rabbitTopic('read', 'all.#')],
    ['a level that RabbitMQ reads as a wildcard', rabbitTopic('read', 'down.*.x')],
    ['another client id', rabbitTopic('write', 'up.c1.t', 'c2')],
    ['a login without a client id', { path: 'rabbitmq/user', body: 'username=guest&password=guest' }],
  ],
};

const verne = (hook: string, members: object): Question => ({
  path: 'vernemq',
  headers: { 'vernemq-hook': hook },
  body: { mountpoint: '', client_id: 'c1', username: 'dev1', ...members },
});
const vernePublish = (hook: string, topic: string): Question =>
  verne(hook, { qos: 1, topic, retain: false, ...(hook.endsWith('_m5') && { properties: {} }) });
const verneSubscribe = (hook: string, ...topics: object[]): Question => verne(hook, { topics });
const VERNEMQ_YES = status(200, { result: 'ok' });

const VERNEMQ: Golden = {
  name: 'vernemq',
  connect: (password) =>
    verne('auth_on_register', {
      peer_addr: '10.0.0.7',
      peer_port: 5588,
      password,
      clean_session: true,
    }),
  connected: () => VERNEMQ_YES,
  denied: status(200, { result: { error: 'not_allowed' } }),
  allowed: [
    ['a publish', vernePublish('auth_on_publish', 'up/c1/t'), VERNEMQ_YES],
    ['a publish of MQTT 5', vernePublish('auth_on_publish_m5', 'up/c1/t'), VERNEMQ_YES],
    [
      'one filter of two',
      verneSubscribe('auth_on_subscribe', { topic: 'down/c1/#', qos: 1 }, { topic: 'x', qos: 0 }),
      status(200, {
        result: 'ok',
        topics: [
          { topic: 'down/c1/#', qos: 1 },
          { topic: 'x', qos: 128 },
        ],
      }),
    ],
    [
      'one filter of two of MQTT 5',
      verneSubscribe(
        'auth_on_subscribe_m5',
        { topic: 'down/c1/#', qos: 1, no_local: true, rap: false, retain_handling: 'send_retain' },
        { topic: 'x', qos: 0, no_local: false, rap: false, retain_handling: 'send_retain' },
      ),
      status(200, {
        result: 'ok',
        modifiers: {
          topics: [
            { topic: 'down/c1/#', qos: 1, no_local: true, rap: false, retain_handling: 'send_retain' },
            { topic: 'x', qos: 135, no_local: false, rap: false, retain_handling: 'send_retain' },
          ],
        },
      }),
    ],
  ],
  refused: [
    ['a publish', vernePublish('auth_on_publish', 'up/c2/t')],
    ['a publish of MQTT 5', vernePublish('auth_on_publish_m5', 'up/c2/t')],
    ['every filter', verneSubscribe('auth_on_subscribe', { topic: 'x', qos: 0 })],
    [
      'another mountpoint',
      verne('auth_on_publish', { mountpoint: 'm', qos: 0, topic: 'up/c1/t', retain: false }),
    ],
    ['a hook that is not answered here', verne('on_register', {})],
  ],
};

const OK = status(200, { ok: true, error: '' });
const NOT_OK = status(403, { ok: false, error: 'not allowed' });

const goAuth = (acc: number, topic: string): Question => ({
  path: 'go-auth/acl',
  body: { username: 'dev1', clientid: 'c1', topic, acc },
});

const GO_AUTH: Golden = {
  name: 'go_auth',
  connect: (password) => ({ path: 'go-auth/user', body: { username: 'dev1', password, clientid: 'c1' } }),
  connected: () => OK,
  denied: NOT_OK,
  allowed: [
    ['a publish', goAuth(2, 'up/c1/t'), OK],
    [
      'a publish in a form',
      { path: 'go-auth/acl', body: 'username=dev1&clientid=c1&topic=up%2Fc1%2Ft&acc=2' },
      OK,
    ],
    ['a subscription', goAuth(4, 'all/+'), OK],
    ['a delivery', goAuth(1, 'all/x'), OK],
  ],
  refused: [
    ['a publish', goAuth(2, 'up/c2/t')],
    ['a wider subscription', goAuth(4, 'all/#')],
    ['a delivery', goAuth(1, 'up/c1/t')],
    ['reading and writing where one of them is not allowed', goAuth(3, 'up/c1/t')],
    ['whether it is free from rules', { path: 'go-auth/superuser', body: { username: 'dev1' } }],
  ],
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const goAuthJwt = (acc: number, topic: string): Question => ({
  path: 'go-auth-jwt/acl',
  body: { clientid: 'c1', topic, acc },
  headers: bearer('{{token}}'),
});

const GO_AUTH_JWT: Golden = {
  name: 'go_auth_jwt',
  isStateless: true,
  connect: (token) => ({ path: 'go-auth-jwt/user', body: null, headers: bearer(token) }),
  connected: () => OK,
  denied: NOT_OK,
  allowed: [
    ['a publish', goAuthJwt(2, 'up/c1/t'), OK],
    ['a subscription', goAuthJwt(4, 'down/c1/#'), OK],
    ['a delivery', goAuthJwt(1, 'all/x'), OK],
    [
      'who it is, with the user name of its claims',
      { path: 'go-auth-jwt/user', body: { username: 'dev1' }, headers: bearer('{{token}}') },
      OK,
    ],
  ],
  refused: [
    ['a publish', goAuthJwt(2, 'up/c2/t')],
    [
      'a publish without a credential',
      { path: 'go-auth-jwt/acl', body: { clientid: 'c1', topic: 'up/c1/t', acc: 2 } },
    ],
    [
      'whether it is free from rules',
      { path: 'go-auth-jwt/superuser', body: null, headers: bearer('{{token}}') },
    ],
  ],
};

const amqttAsk = (acc: number, topic: string): Question => ({
  path: 'amqtt/acl',
  body: { username: 'dev1', client_id: 'c1', topic, acc },
});

const AMQTT: Golden = {
  name: 'amqtt',
  connect: (password) => ({ path: 'amqtt/user', body: { username: 'dev1', password, client_id: 'c1' } }),
  connected: () => OK,
  denied: NOT_OK,
  allowed: [
    ['a publish', amqttAsk(2, 'up/c1/t'), OK],
    ['a subscription', amqttAsk(4, 'down/c1/#'), OK],
    ['a delivery', amqttAsk(1, 'down/c1/x'), OK],
    [
      'a publish in a form',
      { path: 'amqtt/acl', body: 'username=dev1&client_id=c1&topic=up%2Fc1%2Ft&acc=2' },
      OK,
    ],
  ],
  refused: [
    ['a publish', amqttAsk(2, 'up/c2/t')],
    ['a delivery', amqttAsk(1, 'up/c1/t')],
  ],
};

const rmqttAsk = (access: '1' | '2', topic: string): Question => ({
  path: 'rmqtt/acl',
  body: form({ access, username: 'dev1', clientid: 'c1', peerhost: '10.0.0.7', topic }),
});

const RMQTT: Golden = {
  name: 'rmqtt',
  connect: (password) => ({
    path: 'rmqtt/auth',
    body: form({ clientid: 'c1', username: 'dev1', password, peerhost: '10.0.0.7' }),
  }),
  connected: (end) => status(200, { result: 'allow', superuser: false, expire_at: end }),
  denied: status(200, { result: 'deny' }),
  allowed: [
    ['a publish', rmqttAsk('2', 'up/c1/t'), status(200, { result: 'allow' })],
    ['a subscription', rmqttAsk('1', 'down/c1/#'), status(200, { result: 'allow' })],
  ],
  refused: [
    ['a publish', rmqttAsk('2', 'up/c2/t')],
    ['a wider subscription', rmqttAsk('1', '#')],
  ],
};

export const GOLDEN: readonly Golden[] = [
  EMQX,
  NANOMQ,
  RABBITMQ,
  VERNEMQ,
  GO_AUTH,
  GO_AUTH_JWT,
  AMQTT,
  RMQTT,
];
