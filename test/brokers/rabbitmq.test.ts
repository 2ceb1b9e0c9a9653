// A real RabbitMQ behind the guard: its default virtual host is called "/", and so may be its queues.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGuard, type TestGuard } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { buildHead } from '../support/pair.ts';
import { lacksRabbitmq, type RabbitMq, startRabbitMq } from '../support/rabbitmq.ts';
import { sendRaw } from '../support/raw.ts';

if (lacksRabbitmq) console.warn('SKIPPED: RabbitMQ behind the guard needs the package rabbitmq-server');

const ISSUER = makeIssuer();

describe.skipIf(lacksRabbitmq)('RabbitMQ behind the guard', () => {
  let broker: RabbitMq;
  let guard: TestGuard;

  const start = (password: string) =>
    startTestGuard({
      upstreamUrl: broker.url,
      keys: { 'ops.pub': ISSUER.publicPem },
      guard: 'upstream.profile = rabbitmq',
      httpServer: `username = guest, password = ${password}`,
    });

  beforeAll(async () => {
    broker = await startRabbitMq();
    guard = await start('guest');
  }, 120_000);
  afterAll(async () => {
    await guard?.stop();
    await broker?.stop();
  }, 60_000);

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
});
