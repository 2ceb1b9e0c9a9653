// A real RabbitMQ behind the guard: its default virtual host is called "/", and so may be its queues. It asks the guard about its
// MQTT clients, by the settings of the page about it.
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTestGuard, type TestGuard, until } from '../support/guard.ts';
import { type Issuer, makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { buildHead } from '../support/pair.ts';
import { lacksRabbitmq, type RabbitMq, startRabbitMq } from '../support/rabbitmq.ts';
import { sendRaw } from '../support/raw.ts';

if (lacksRabbitmq) console.warn('SKIPPED: RabbitMQ behind the guard needs the package rabbitmq-server');

const ISSUER = makeIssuer();
const VIEWER = makeIssuer();
const PUBLISHER = makeIssuer();
const LINE = makeIssuer();

describe.skipIf(lacksRabbitmq)('RabbitMQ behind the guard', () => {
  let broker: RabbitMq;
  let guard: TestGuard;

  const start = (password: string, more = '') =>
    startTestGuard({
      upstreamUrl: broker.url,
      keys: {
        'ops.pub': ISSUER.publicPem,
        'viewer.pub': VIEWER.publicPem,
        'viewer.policy.conf': 'roles = [viewer]',
        'publisher.pub': PUBLISHER.publicPem,
        'publisher.policy.conf': 'roles = [publisher]',
        'line.pub': LINE.publicPem,
        'line.policy.conf': 'roles = [publisher], publish = ["line-1/#", "$exchange/%2F/amq.default/roles"]',
      },
      guard: `upstream.profile = rabbitmq\n ${more}`,
      httpServer: `username = guest, password = ${password}`,
    });

  beforeAll(async () => {
    broker = await startRabbitMq();
    const hooks = 'mqtt.hooks.rabbitmq.end_sessions = true';
    guard = await start('guest', `service.listen = "127.0.0.1:${broker.hooksPort}"\n ${hooks}`);
  }, 120_000);
  afterAll(async () => {
    await guard?.stop();
    await broker?.stop();
  });

  async function ask(method: string, target: string, body?: object, port = guard.port) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const lines = [`Authorization: Bearer ${mintToken(ISSUER)}`];
    if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${text.length}`);
    const answer = await sendRaw(port, buildHead(method, target, lines) + text);
    return { ...answer, json: answer.body === '' ? undefined : JSON.parse(answer.body) };
  }

  it('is ready, and answers with its own credentials swapped in', async () => {
    expect(await guard.running.readiness()).toMatchObject({ ready: true, upstream: 'ok' });
    expect((await ask('GET', '/api/whoami')).json).toMatchObject({ name: 'guest' });
  });

  it('is not ready, and blames no token, where the guard has a wrong password', async () => {
    const wrong = await start('wrong');
    expect(await wrong.running.readiness()).toMatchObject({ ready: false, upstream: 'upstream_broken' });
    expect(await ask('GET', '/api/whoami', undefined, wrong.port)).toMatchObject({ status: 502 });
    await wrong.stop();
  });

  it.each([
    ['orders', 'orders'],
    ['plant/west', 'plant%2Fwest'],
    ['/', '%2f'],
  ])(
    'has the queue %j of the default virtual host made, found, published to, read and deleted',
    async (name, segment) => {
      const queue = `/api/queues/%2F/${segment}`;
      expect((await ask('PUT', queue, {})).status).toBe(201);
      expect((await ask('GET', queue)).json).toMatchObject({ name, vhost: '/' });
      const message = { properties: {}, routing_key: name, payload: 'hello', payload_encoding: 'string' };
      const published = await ask('POST', '/api/exchanges/%2f/amq.default/publish', message);
      expect(published).toMatchObject({ status: 200, json: { routed: true } });
      const wanted = { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' };
      expect((await ask('POST', `${queue}/get`, wanted)).json).toMatchObject([{ payload: 'hello' }]);
      expect((await ask('DELETE', queue)).status).toBe(204);
      expect((await ask('GET', queue)).status).toBe(404);
    },
  );

  it('says where a binding is in a form that leads back to the guard', async () => {
    await ask('PUT', '/api/queues/%2F/bound', {});
    const made = await ask('POST', '/api/bindings/%2F/e/amq.direct/q/bound', { routing_key: 'west' });
    expect(made.status).toBe(201);
    const location = made.headers.get('location') as string;
    expect(location).not.toContain('://');
    const at = new URL(location, 'http://guard/api/bindings/%2F/e/amq.direct/q/bound').pathname;
    expect((await ask('GET', at)).json).toMatchObject({ source: 'amq.direct', destination: 'bound' });
  });

  it.each(['/api/queues/%2F..%2Fx', '/api/queues%2F%2F/x', '/api%2Fqueues'])(
    'never sees %s',
    async (target) => {
      expect((await ask('GET', target)).json).toMatchObject({ reason: 'target_ambiguous' });
    },
  );

  async function askAs(
    issuer: Issuer,
    iss: string,
    method: string,
    target: string,
    body?: object,
    further: readonly string[] = [],
  ) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const lines = [`Authorization: Bearer ${mintToken(issuer, { iss })}`, ...further];
    if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${text.length}`);
    return sendRaw(guard.port, buildHead(method, target, lines) + text);
  }

  it('lets a viewer list the queues of the default virtual host, and a publisher publish', async () => {
    const queue = '/api/queues/%2F/roles';
    expect((await ask('PUT', queue, {})).status).toBe(201);
    const listed = await askAs(VIEWER, 'viewer.pub', 'GET', '/api/queues/%2F');
    expect(JSON.parse(listed.body)).toContainEqual(expect.objectContaining({ name: 'roles', vhost: '/' }));
    const message = { properties: {}, routing_key: 'roles', payload: 'hello', payload_encoding: 'string' };
    const publish = (issuer: Issuer, iss: string) =>
      askAs(issuer, iss, 'POST', '/api/exchanges/%2F/amq.default/publish', message);
    expect((await publish(PUBLISHER, 'publisher.pub')).status).toBe(200);
    expect((await publish(VIEWER, 'viewer.pub')).status).toBe(403);
    expect((await askAs(PUBLISHER, 'publisher.pub', 'GET', '/api/queues/%2F')).status).toBe(403);
  });

  it.each([
    ['viewer.pub', VIEWER],
    ['publisher.pub', PUBLISHER],
  ])('lets %s neither delete a queue nor take its messages', async (iss, issuer) => {
    const queue = '/api/queues/%2F/kept';
    expect([201, 204]).toContain((await ask('PUT', queue, {})).status);
    for (const [method, target] of [
      ['DELETE', queue],
      ['DELETE', `${queue}/contents`],
      ['POST', `${queue}/get`],
      ['POST', '/api/definitions'],
    ] as const)
      expect((await askAs(issuer, iss, method, target)).status, `${method} ${target}`).toBe(403);
    expect((await ask('GET', queue)).status).toBe(200);
  });

  it('shows a viewer definitions and users without hashes, and a publisher none', async () => {
    const hash = JSON.parse((await askAs(ISSUER, 'ops.pub', 'GET', '/api/users/guest')).body).password_hash;
    expect(hash).toMatch(/^[\w+/]{40,}=*$/);
    const uri = 'amqp://user:planted-secret@127.0.0.1';
    const parameter = { value: { uri, 'ack-mode': 'on-confirm' }, name: 'planted' };
    expect([201, 204]).toContain((await ask('PUT', '/api/global-parameters/planted', parameter)).status);
    for (const target of [
      '/api/definitions',
      '/api/definitions/%2F',
      '/api/users',
      '/api/users/guest',
      '/api/global-parameters',
    ]) {
      const raw = await askAs(ISSUER, 'ops.pub', 'GET', target);
      const shown = await askAs(VIEWER, 'viewer.pub', 'GET', target, undefined, ['Accept-Encoding: gzip']);
      expect(shown.status, target).toBe(200);
      expect(shown.headers.get('x-guard-redacted')).toBe('true');
      expect(shown.body).not.toContain(hash);
      expect(shown.body).not.toContain('planted-secret');
      // Nothing else is another.
      expect(shown.body).toBe(
        raw.body
          .replaceAll(/"password_hash":"[^"]*"/g, '"password_hash":"******"')
          .replaceAll(JSON.stringify(uri), '"******"'),
      );
      expect((await askAs(PUBLISHER, 'publisher.pub', 'GET', target)).status).toBe(403);
    }
    expect((await askAs(ISSUER, 'ops.pub', 'GET', '/api/definitions')).body).toContain('planted-secret');
  });

  it('has routing keys judged as topics, and those of its headers with them', async () => {
    expect([201, 204]).toContain((await ask('PUT', '/api/queues/%2F/roles', {})).status);
    const publish = async (exchange: string, routing_key: string, headers: object = {}) => {
      const message = { properties: { headers }, routing_key, payload: 'x', payload_encoding: 'string' };
      const target = `/api/exchanges/%2F/${exchange}/publish`;
      return (await askAs(LINE, 'line.pub', 'POST', target, message)).status;
    };
    expect(await publish('amq.topic', 'line-1.up')).toBe(200);
    expect(await publish('amq.topic', 'line-1.up', { 'x-count': 7 })).toBe(200);
    expect(await publish('amq.topic', 'line-2.up')).toBe(403);
    expect(await publish('amq.topic', 'line-1.up', { CC: ['line-2.up'] })).toBe(403);
    expect(await publish('amq.topic', 'line-1.up', { BCC: ['line-1.down'] })).toBe(200);
    expect(await publish('amq.topic', 'line-1/up')).toBe(400);
    expect(await publish('amq.direct', 'line-1.up')).toBe(403);
    expect(await publish('amq.default', 'roles')).toBe(200);
    expect(await publish('amq.default', 'kept')).toBe(403);
  });

  it('sends to the keys of the headers CC and BCC: they are to be judged', async () => {
    expect([201, 204]).toContain((await ask('PUT', '/api/queues/%2F/copied', {})).status);
    const message = {
      properties: { headers: { BCC: ['copied'] } },
      routing_key: 'nobody',
      payload: 'copy',
      payload_encoding: 'string',
    };
    await ask('POST', '/api/exchanges/%2F/amq.default/publish', message);
    const wanted = { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' };
    expect((await ask('POST', '/api/queues/%2F/copied/get', wanted)).json).toMatchObject([
      { payload: 'copy' },
    ]);
  });

  const ACL = { pub: [`up/\${clientid}/#`], sub: [`down/\${clientid}/#`, 'all/+'] };
  const mint = (clientid: string, claims: object = {}) =>
    mintToken(ISSUER, { clientid, acl: ACL, ...claims });

  const next = (client: MqttClient, event: 'message' | 'close') =>
    new Promise<unknown[]>((resolve) => client.once(event, (...facts: unknown[]) => resolve(facts)));

  async function connect(clientId: string, password: string): Promise<MqttClient> {
    const client = await connectAsync({
      host: '127.0.0.1',
      port: broker.mqttPort,
      username: 'dev1',
      password,
      clientId,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    onTestFinished(() => void client.end(true));
    return client;
  }

  it('lets an MQTT client in by its token, and no other', async () => {
    expect((await connect('in', mint('in'))).connected).toBe(true);
    for (const password of ['guest', mintToken(makeIssuer()), mint('in', { exp: nowSeconds() - 1 })])
      await expect(connect('in', password)).rejects.toThrow(/Not authorized|Bad username or password/);
  });

  it('lets it publish and subscribe to what the token says, in RabbitMQ’s own spelling', async () => {
    const client = await connect('c1', mint('c1'));
    const other = await connect('c2', mint('c2', { acl: { all: ['up/c1/#', 'down/c1/#', 'all/#'] } }));
    await client.subscribeAsync(['down/c1/#', 'all/+']);
    await other.subscribeAsync('up/c1/#');
    const received = next(client, 'message');
    await other.publishAsync('all/x', 'hello', { qos: 1 });
    expect((await received).slice(0, 2).map(String)).toEqual(['all/x', 'hello']);
    const sent = next(other, 'message');
    await client.publishAsync('up/c1/a/b', 'there', { qos: 1 });
    expect((await sent).slice(0, 2).map(String)).toEqual(['up/c1/a/b', 'there']);
  });

  it.each([
    ['publishes beside its topics', (client: MqttClient) => client.publish('up/c9/x', 'hello', { qos: 1 })],
    ['subscribes to more than its filters', (client: MqttClient) => client.subscribe('all/#')],
    ['hides a wildcard in a level', (client: MqttClient) => client.subscribe('down/*/x')],
  ])('ends the connection of a client that %s', async (_, act) => {
    const client = await connect('c3', mint('c3'));
    const closed = next(client, 'close');
    act(client);
    await closed;
    const denied = ({ hook, target, outcome }: (typeof guard.records)[number]) =>
      hook === 'rabbitmq' && outcome === 'denied' && target !== 'in';
    expect(guard.records.filter(denied).at(-1)).toMatchObject({ issuer: 'ops.pub', reason: 'not_permitted' });
  });

  it('has the connection ended with its token, and no other', async () => {
    const other = await connect('stays', mint('stays'));
    // RabbitMQ lists a connection some five seconds after it was made.
    const client = await connect('goes', mint('goes', { exp: nowSeconds() + 3 }));
    await next(client, 'close');
    await until(() => guard.records.some(({ action }) => action === 'disconnect'), 'the record');
    expect(guard.records.filter(({ action }) => action === 'disconnect')).toMatchObject([
      { hook: 'rabbitmq', target: 'goes', rule: 'token_expired', outcome: 'allowed', upstream_status: 204 },
    ]);
    expect(other.connected).toBe(true);
  });
});
