// What is each broker's own, beside its form of questions and answers.
import { describe, expect, it } from 'vitest';
import { startHooks } from '../support/hooks.ts';
import { GOLDEN, type Golden } from './golden.ts';

const goldenOf = (name: string) => GOLDEN.find((one) => one.name === name) as Golden;
const form = (members: Record<string, string>) => new URLSearchParams(members).toString();

const rule = (permission: string) => (topic: string) => ({ permission, action: 'all', topic });
const allow = rule('allow');
const deny = rule('deny');

async function start(name: string, block = 'enable = true', claims: Record<string, unknown> = {}) {
  const doors = await startHooks({ hooks: `${name} { ${block} }` });
  const token = doors.mint({ acl: { pub: ['up/c1/#'], sub: ['down/c1/#'] }, ...claims });
  return { doors, token, connect: () => doors.ask(goldenOf(name).connect(token)) };
}

describe('VerneMQ', () => {
  const publish = {
    path: 'vernemq',
    headers: { 'vernemq-hook': 'auth_on_publish' },
    body: { mountpoint: '', client_id: 'c1', username: 'dev1', qos: 0, topic: 'up/c1/t', retain: false },
  };

  it.each([
    ['cache = 1m', 60],
    ['cache = 2h', 3600],
    ['enable = true', 1],
  ])(
    'may remember an allowed answer with %s for %i s, and never longer than the token',
    async (block, seconds) => {
      const { doors, connect } = await start('vernemq', block);
      const answer = await connect();
      expect(answer.headers.get('cache-control')).toMatch(/^max-age=\d+$/);
      const given = Number(answer.headers.get('cache-control')?.slice('max-age='.length));
      expect(given).toBeLessThanOrEqual(seconds);
      expect(given).toBeGreaterThanOrEqual(seconds - 2);
      doors.pass(3590);
      const late = Number((await doors.ask(publish)).headers.get('cache-control')?.slice('max-age='.length));
      expect(late).toBeLessThanOrEqual(Math.min(10, seconds));
    },
  );

  it('may remember nothing with cache = 0s, and no denial', async () => {
    const { doors, connect } = await start('vernemq', 'cache = 0s');
    expect((await connect()).headers.get('cache-control')).toBe('no-store');
    const { doors: others } = await start('vernemq');
    expect((await others.ask(publish)).headers.get('cache-control')).toBe('no-store');
    expect((await doors.ask(publish)).body).toEqual({ result: 'ok' });
  });
});

describe('NanoMQ', () => {
  const PRESENCE = '$SYS/brokers/client_status/c1';
  const acl = (members: Record<string, string>) => ({
    path: 'nanomq/acl',
    body: form({ clientid: 'c1', username: 'dev1', access: '2', topic: 'up/c1/t', ...members }),
  });

  it('needs no connect where a question brings the token', async () => {
    const { doors, token } = await start('nanomq');
    expect((await doors.ask(acl({ password: token }))).status).toBe(200);
    expect((await doors.ask(acl({ password: token, topic: 'x' }))).status).toBe(403);
    expect((await doors.ask(acl({ password: 'x' }))).status).toBe(403);
  });

  it('asks as the token says now, not as it said at the connect', async () => {
    const { doors, connect } = await start('nanomq');
    await connect();
    const other = doors.mint({ acl: { pub: ['other'] } });
    expect((await doors.ask(acl({ password: other }))).status).toBe(403);
    expect((await doors.ask(acl({ password: other, topic: 'other' }))).status).toBe(200);
  });

  it('leaves no record of a denied presence, and lets it pass where the settings say so', async () => {
    const quiet = await start('nanomq');
    expect((await quiet.doors.ask(acl({ topic: PRESENCE, password: 'forged' }))).status).toBe(403);
    await quiet.connect();
    quiet.doors.seen.length = 0;
    expect((await quiet.doors.ask(acl({ topic: PRESENCE, password: quiet.token }))).status).toBe(403);
    expect(quiet.doors.seen).toEqual([]);
    const open = await start('nanomq', 'presence = allow');
    expect((await open.doors.ask(acl({ topic: PRESENCE }))).status).toBe(403);
    await open.connect();
    expect((await open.doors.ask(acl({ topic: PRESENCE }))).status).toBe(200);
    expect((await open.doors.ask(acl({ topic: PRESENCE.replace('c1', 'c2') }))).status).toBe(403);
  });

  it('frees a client from rules only where its token does', async () => {
    const { doors, connect } = await start('nanomq', 'enable = true', { is_superuser: true });
    await connect();
    const ask = { path: 'nanomq/super', body: form({ clientid: 'c1', username: 'dev1' }) };
    expect((await doors.ask(ask)).status).toBe(200);
    doors.pass(3600);
    expect((await doors.ask(ask)).status).toBe(403);
  });
});

describe('RabbitMQ', () => {
  const topic = (permission: string, key: string) => ({
    path: 'rabbitmq/topic',
    body: form({
      username: 'dev1',
      vhost: '/',
      resource: 'topic',
      name: 'amq.topic',
      permission,
      routing_key: key,
      'variable_map.client_id': 'c1',
    }),
  });

  it.each([
    ['a dot in a rule is a slash', { pub: ['a.b/c'] }, 'write', 'a.b.c', 'allow'],
    ['a deny rule reaches both spellings', [deny('a.b/c'), allow('a/#')], 'write', 'a.b.c', 'deny'],
    ['a star in a rule is no wildcard', { sub: ['a/*/c'] }, 'read', 'a.*.c', 'deny'],
    ['a star that is read is a plus', { sub: ['a/+/c'] }, 'read', 'a.*.c', 'allow'],
    ['a star that is written is a star', { pub: ['a/+/c'] }, 'write', 'a.*.c', 'allow'],
    ['empty levels count', { pub: ['/a//b'] }, 'write', '.a..b', 'allow'],
    ['a key that no topic has', { pub: ['#'] }, 'write', 'a.#', 'deny'],
  ])('%s', async (_, acl, permission, key, answer) => {
    const { doors, connect } = await start('rabbitmq', 'enable = true', { acl });
    await connect();
    expect((await doors.ask(topic(permission, key))).body).toBe(answer);
  });

  it('never hands out a tag, whatever the token says', async () => {
    const claims = { is_superuser: true, roles: ['admin'], scope: 'administrator' };
    const { connect } = await start('rabbitmq', 'enable = true', claims);
    expect((await connect()).body).toBe('allow');
  });
});

describe('a broker that says neither QoS nor retain', () => {
  it.each([
    [[{ ...allow('a'), qos: 0 }], 403],
    [[{ ...allow('a'), qos: [0, 1, 2] }], 200],
    [[{ ...allow('a'), retain: false }], 403],
    [[{ ...deny('a'), qos: 2 }, allow('a')], 403],
    [[{ ...deny('a'), retain: true }, allow('a')], 403],
  ])('is allowed by %j what every QoS and either retain is: %i', async (acl, status) => {
    const { doors, connect } = await start('amqtt', 'enable = true', { acl });
    await connect();
    const body = { client_id: 'c1', username: 'dev1', topic: 'a', acc: 2 };
    expect((await doors.ask({ path: 'amqtt/acl', body })).status).toBe(status);
  });
});

describe('EMQX', () => {
  it('is told no rules where the token has none, so that its own count', async () => {
    const { connect } = await startHooks({
      hooks: 'emqx.enable = true',
      mqtt: 'authentication = { mechanism = jwt, algorithm = hmac-based, secret = secret }',
    }).then((doors) => ({ connect: (password: string) => doors.ask(goldenOf('emqx').connect(password)) }));
    const { createHmac } = await import('node:crypto');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 60;
    const input = `${encode({ alg: 'HS256' })}.${encode({ exp })}`;
    const signature = createHmac('sha256', 'secret').update(input).digest('base64url');
    const { body } = await connect(`${input}.${signature}`);
    expect(body).toEqual({ result: 'allow', is_superuser: false, expire_at: exp });
  });

  it('takes access in the place of action', async () => {
    const { doors, connect } = await start('emqx');
    await connect();
    const ask = (access: string) => ({
      path: 'emqx/authz',
      body: { clientid: 'c1', username: 'dev1', topic: 'up/c1/t', access },
    });
    expect((await doors.ask(ask('2'))).body).toEqual({ result: 'allow' });
    expect((await doors.ask(ask('1'))).body).toEqual({ result: 'deny' });
    expect((await doors.ask(ask('3'))).body).toEqual({ result: 'deny' });
  });
});
