// The guard in somebody else's Koa application.
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import Koa, { type Middleware } from 'koa';
// @ts-expect-error: the same types as Koa 3, under a name of its own
import Koa2 from 'koa2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { OPS, openTestGuard, serve } from './support.ts';

async function startApp(answer: Middleware, options = {}, Application = Koa) {
  const opened = await openTestGuard(options);
  const app = new Application();
  const errors: string[] = [];
  app.on('error', (error: Error) => errors.push(error.message));
  app.use(opened.guard.koa());
  app.use(answer);
  return { ...opened, errors, ...(await serve(app.callback())) };
}

const greet: Middleware = (ctx) => {
  ctx.body = ctx.state.guard;
};

describe('a request without a good token', () => {
  it('is refused with the challenge, the code and the record of the product', async () => {
    const { ask, records } = await startApp(greet);
    const { status, headers, body } = await ask();
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="broker-guard"');
    expect(JSON.parse(body)).toMatchObject({ code: 104, reason: 'token_missing' });
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({
      request_id: headers.get('x-request-id'),
      outcome: 'denied',
      reason: 'token_missing',
      status: 401,
      method: 'GET',
      path: '/orders',
    });
  });

  it('never reaches the middleware behind', async () => {
    let calls = 0;
    const { ask } = await startApp(() => void calls++);
    for (const token of [undefined, 'a.b.c', mintToken(makeIssuer()), mintToken(OPS, { exp: 2, iat: 1 })])
      expect((await ask(token)).status).toBe(401);
    expect(calls).toBe(0);
  });

  it('is refused with two Authorization headers, though one of them is good', async () => {
    const { ask } = await startApp(greet);
    const answer = await ask(mintToken(OPS), '/', ['Authorization: Bearer x']);
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([400, 'token_repeated']);
  });

  it('is judged by the options of the token', async () => {
    const { ask } = await startApp(greet, { token: { maxLifetime: '1m', audience: ['orders'] } });
    expect(JSON.parse((await ask(mintToken(OPS, { aud: 'bills' }))).body).reason).toBe('audience_mismatch');
    expect(JSON.parse((await ask(mintToken(OPS, { aud: 'orders' }))).body).reason).toBe('lifetime_too_long');
  });
});

describe('a token for encrypted bodies', () => {
  it('is refused: the program would take what is encrypted for plain text', async () => {
    const { ask } = await startApp(greet);
    const answer = await ask(mintToken(OPS, { bodyEncode: 1 }));
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([400, 'body_invalid']);
  });
});

describe('Koa 2', () => {
  it('refuses, and says who is calling, in the same way', async () => {
    const { ask } = await startApp(greet, {}, Koa2);
    expect((await ask()).status).toBe(401);
    expect(JSON.parse((await ask(mintToken(OPS))).body)).toMatchObject({ issuer: 'ops.pub' });
  });
});

describe('a request with a good token', () => {
  it('finds who is calling in ctx.state.guard', async () => {
    const { ask, records } = await startApp(greet);
    const answer = await ask(mintToken(OPS, { sub: 'alice', jti: 'token-1' }));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      issuer: 'ops.pub',
      subject: 'alice',
      tokenId: 'token-1',
      roles: [],
      action: null,
    });
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({
      outcome: 'allowed',
      issuer: 'ops.pub',
      subject: 'alice',
      status: 200,
    });
  });

  it('works within a second of its key, and no longer once the key is gone', async () => {
    const { ask, dropKey, keysDir, lines } = await startApp(greet);
    const dev = makeIssuer();
    const token = mintToken(dev, { iss: 'dev.pub' });
    expect((await ask(token)).status).toBe(401);
    dropKey('dev.pub', dev.publicPem);
    await until(() => lines.some((line) => line.startsWith('dev.pub: key added')), 'the key', 1000);
    expect((await ask(token)).status).toBe(200);
    unlinkSync(join(keysDir, 'dev.pub'));
    await until(() => lines.some((line) => line.startsWith('dev.pub: key removed')), 'its end', 1000);
    expect((await ask(token)).status).toBe(401);
  });
});

describe('a middleware of the program', () => {
  it('that throws is guard_failed with one record, tells nothing, and the process lives', async () => {
    const { ask, records, lines, errors } = await startApp((ctx) => {
      ctx.set({ 'content-length': '3', 'x-lost': '1' });
      throw new Error('a secret of the program');
    });
    const answer = await ask(mintToken(OPS));
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([500, 'guard_failed']);
    expect(answer.body).not.toContain('secret');
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({
      outcome: 'failed',
      reason: 'guard_failed',
      issuer: 'ops.pub',
      status: 500,
    });
    expect(lines.join('\n')).toContain('a secret of the program');
    expect(errors).toEqual(['a secret of the program']);
    expect((await ask(mintToken(OPS))).status).toBe(500);
  });

  it.each<[string, Middleware, number]>([
    ['ctx.throw(503)', (ctx) => ctx.throw(503, { headers: { 'retry-after': '7' } }), 503],
    ['an error with a status', () => Promise.reject(Object.assign(new Error('no'), { status: 422 })), 422],
  ])('that answers by %s has its own status', async (_, middleware, status) => {
    const { ask, lines } = await startApp(middleware);
    expect((await ask(mintToken(OPS))).status).toBe(status);
    expect(lines.filter((line) => line.includes('failed'))).toEqual([]);
  });

  it('that chooses an answer by ctx.throw has its own', async () => {
    const { ask, records } = await startApp((ctx) => ctx.throw(404, 'no such order'));
    const answer = await ask(mintToken(OPS));
    expect([answer.status, answer.body]).toEqual([404, 'no such order']);
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({ outcome: 'allowed', status: 404 });
  });

  it('that waits while the client leaves has one record, aborted', async () => {
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    let isAsked = false;
    let isDone = false;
    const { open, ask, records, lines } = await startApp(async (ctx) => {
      if (ctx.path === '/done') return;
      isAsked = true;
      await waiting;
      isDone = true;
      throw new Error('too late');
    });
    const client = await open(mintToken(OPS));
    await until(() => isAsked, 'the middleware');
    client.destroy();
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({ outcome: 'aborted', reason: undefined, status: undefined });
    go();
    await until(() => isDone, 'the end of the middleware');
    await ask(mintToken(OPS), '/done');
    await until(() => records.length === 2, 'the record of another request');
    expect(records.map(({ outcome }) => outcome)).toEqual(['aborted', 'allowed']);
    expect(lines.filter((line) => line.includes('too late'))).toEqual([]);
  });
});

describe('a function of the program that throws', () => {
  it.each([
    [
      'at once',
      () => {
        throw new Error('the disk is full');
      },
    ],
    ['later', async () => Promise.reject(new Error('the disk is full'))],
  ])('%s in audit is told to the operator, and costs no request', async (_, audit) => {
    const { ask, lines } = await startApp(greet, { audit });
    expect((await ask(mintToken(OPS))).status).toBe(200);
    await until(() => lines.some((line) => line.includes('the disk is full')), 'the line');
    expect((await ask(mintToken(OPS))).status).toBe(200);
  });

  it('in report costs no request', async () => {
    const complained: unknown[] = [];
    const { error } = console;
    console.error = (line: unknown) => void complained.push(line);
    onTestFinished(() => {
      console.error = error;
    });
    const report = () => {
      throw new Error('no pen');
    };
    const { ask } = await startApp(() => Promise.reject(new Error('inside')), { report });
    expect((await ask(mintToken(OPS))).status).toBe(500);
    expect(complained.join()).toContain('no pen');
  });
});

describe('the path of the record', () => {
  it('is the whole one below a mount point', async () => {
    const { guard, records } = await openTestGuard();
    const app = new Koa();
    app.use((ctx, next) => {
      ctx.path = ctx.path.replace('/shop', '');
      return next();
    });
    app.use(guard.koa());
    app.use(greet);
    const { ask } = await serve(app.callback());
    await ask(mintToken(OPS), '/shop/orders?page=2');
    await until(() => records.length === 1, 'the record');
    expect(records[0]?.path).toBe('/shop/orders');
  });

  it('is what was sent, cut, where it has no canonical form', async () => {
    const { ask, records } = await startApp(greet);
    await ask(mintToken(OPS), `/a//${'b'.repeat(300)}?token=secret`);
    await until(() => records.length === 1, 'the record');
    expect(records[0]?.path).toBe(`/a//${'b'.repeat(252)}`);
  });
});
