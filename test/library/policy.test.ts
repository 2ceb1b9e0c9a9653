// What callers may do, in somebody else's program: by an action's name, or by a call of the broker's API.
import type { IncomingMessage } from 'node:http';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import type { GuardOptions, Identity, OpenGuard, Question } from '../../src/library.ts';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { OPS, openTestGuard, serve } from './support.ts';

const VIEWER: Partial<GuardOptions> = { policy: { issuers: { 'ops.pub': { roles: ['viewer'] } } } };

function callerOf(guard: OpenGuard, claims: Record<string, unknown> = {}): Identity {
  const answer = guard.authenticate(mintToken(OPS, claims));
  if (!answer.allowed) throw new Error(answer.reason);
  return answer.principal;
}

describe('authorize', () => {
  it('judges an action by its name, and a call by method and path', async () => {
    const { guard } = await openTestGuard(VIEWER);
    const ops = callerOf(guard);
    const allowed = { allowed: true, action: 'brokers.list', roles: ['viewer'], rule: 'roles' };
    expect(guard.authorize(ops, { action: 'brokers.list' })).toEqual(allowed);
    expect(guard.authorize(ops, { method: 'get', path: '/api/v4/brokers/' })).toEqual(allowed);
    expect(guard.authorize(ops, { method: 'POST', path: '/api/v4/mqtt/publish' })).toEqual({
      allowed: false,
      action: 'mqtt.publish',
      reason: 'not_permitted',
      status: 403,
      message: expect.stringContaining('it needs one of the roles publisher, operator, admin'),
    });
  });

  it.each<[Question, string]>([
    [{ method: 'GET', path: '/api/v4/unheard-of' }, 'not_permitted'],
    [{ method: 'PATCH', path: '/api/v4/brokers' }, 'method_not_allowed'],
    [{ method: 'GET', path: '/api/v4/../brokers' }, 'target_ambiguous'],
    [{ method: 'GET', path: '/elsewhere' }, 'target_unknown'],
  ])('refuses %j', async (question, reason) => {
    const { guard } = await openTestGuard();
    expect(guard.authorize(callerOf(guard), question)).toMatchObject({
      allowed: false,
      action: null,
      reason,
    });
  });

  it('counts what a token says of itself, and the address where it is said', async () => {
    const { guard } = await openTestGuard({
      policy: { issuers: { 'ops.pub': { sources: '10.0.0.0/8' } } },
    });
    const publish = { action: 'mqtt.publish', client: '10.1.2.3' };
    expect(guard.authorize(callerOf(guard), publish).allowed).toBe(true);
    expect(guard.authorize(callerOf(guard), { action: 'mqtt.publish' }).allowed).toBe(false);
    expect(guard.authorize(callerOf(guard, { scope: 'read' }), publish).allowed).toBe(false);
  });

  it('gives nothing where the answer or the body would have to be judged', async () => {
    const { guard } = await openTestGuard({
      policy: { issuers: { 'ops.pub': { roles: ['viewer', 'publisher'], publish: ['a/#'] } } },
    });
    const ops = callerOf(guard);
    expect(guard.authorize(ops, { action: 'configuration.read' })).toMatchObject({
      allowed: false,
      message: expect.stringContaining('without the secrets of its answer alone'),
    });
    expect(guard.authorize(ops, { action: 'mqtt.publish' })).toMatchObject({
      allowed: false,
      message: expect.stringContaining('by topic alone'),
    });
  });

  it('has the words of the profile, in sidecars too', async () => {
    const { guard, dropKey } = await openTestGuard({ profile: 'rabbitmq', policy: { defaultRole: 'none' } });
    const other = makeIssuer();
    dropKey('other.policy.conf', 'allow = [queues.list]');
    dropKey('other.pub', other.publicPem);
    const token = mintToken(other, { iss: 'other.pub' });
    await until(() => guard.authenticate(token).allowed, 'the key');
    const answer = guard.authenticate(token);
    expect(answer.allowed && guard.authorize(answer.principal, { action: 'queues.list' }).allowed).toBe(true);
    expect(guard.authorize(callerOf(guard), { action: 'queues.list' }).allowed).toBe(false);
  });

  it('throws for a caller whom nobody has proved, and for an action that there is not', async () => {
    const { guard } = await openTestGuard();
    const { guard: another } = await openTestGuard();
    const ops = callerOf(guard);
    for (const forged of [{ ...ops }, callerOf(another)])
      expect(() => guard.authorize(forged, { action: 'brokers.list' })).toThrow(
        /this guard has authenticated/,
      );
    expect(() => guard.authorize(ops, { action: 'broker.list' })).toThrow(
      '"broker.list" is no action of the profile nanomq; did you mean brokers.list?',
    );
    for (const action of ['__proto__', 'constructor', undefined])
      expect(() => guard.authorize(ops, { action } as Question)).toThrow(/is no action of the profile/);
    expect(() => guard.authorize(ops, {} as Question)).toThrow(/a question is/);
  });
});

describe('the option action', () => {
  const startApp = async (options: Parameters<OpenGuard['koa']>[0], opened = openTestGuard(VIEWER)) => {
    const { guard, records, lines } = await opened;
    const app = new Koa();
    app.use(guard.koa(options));
    app.use((ctx) => {
      ctx.body = ctx.state.guard;
    });
    return { records, lines, ...(await serve(app.callback())) };
  };

  it('is judged beside the token, and stands in the record', async () => {
    const { ask, records } = await startApp({ action: 'brokers.list' });
    expect(JSON.parse((await ask(mintToken(OPS))).body)).toMatchObject({
      issuer: 'ops.pub',
      roles: ['viewer'],
      action: 'brokers.list',
    });
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({
      outcome: 'allowed',
      path: '/orders',
      action: 'brokers.list',
      class: 'read',
      role: 'viewer',
    });
  });

  it('refuses who may not, with the scope that would do', async () => {
    const { ask, records } = await startApp({ action: 'mqtt.publish' });
    const answer = await ask(mintToken(OPS));
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('scope="mqtt.publish"');
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({ reason: 'not_permitted', action: 'mqtt.publish', issuer: 'ops.pub' });
    expect((await ask()).status).toBe(401);
  });

  it('may be made of the request', async () => {
    const { ask } = await startApp({
      action: (ctx) =>
        ctx.originalUrl.startsWith('/broker')
          ? { method: 'GET', path: ctx.originalUrl.slice('/broker'.length) }
          : 'mqtt.publish',
    });
    expect((await ask(mintToken(OPS), '/broker/api/v4/nodes')).status).toBe(200);
    expect((await ask(mintToken(OPS), '/broker/api/v4/clients')).status).toBe(403);
    expect((await ask(mintToken(OPS), '/publish')).status).toBe(403);
  });

  it.each([
    ['throws', () => JSON.parse('{')],
    ['gives nothing', () => undefined],
    ['gives an action that there is not', () => 'orders.list'],
  ])('that %s lets nobody through', async (_, action) => {
    const { ask, lines } = await startApp({ action: action as () => string });
    const answer = await ask(mintToken(OPS));
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([500, 'guard_failed']);
    expect(lines.join('\n')).toMatch(/failed in the program behind the guard/);
  });

  it('holds for handlers too', async () => {
    const { guard } = await openTestGuard(VIEWER);
    const seen: (string | null)[] = [];
    const handle = guard.handler(
      (_req, res, who) => {
        seen.push(who.action);
        res.end();
      },
      { action: (req: IncomingMessage) => (req.url === '/publish' ? 'mqtt.publish' : 'nodes.list') },
    );
    const { ask } = await serve(handle);
    expect((await ask(mintToken(OPS), '/publish')).status).toBe(403);
    expect((await ask(mintToken(OPS), '/nodes')).status).toBe(200);
    expect(seen).toEqual(['nodes.list']);
  });

  it('that is misspelled or unknown is refused at once', async () => {
    const { guard } = await openTestGuard();
    expect(() => guard.koa({ actions: 'brokers.list' } as object)).toThrow('actions is unknown');
    expect(() => guard.koa({ action: 'broker.list' })).toThrow('did you mean brokers.list?');
  });
});
