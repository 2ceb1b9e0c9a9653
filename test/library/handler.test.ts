// The guard as a handler of node:http, as Connect and Express call it, and as bare decisions.
import type { RequestListener, ServerResponse } from 'node:http';
import connect from 'connect';
import express from 'express';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/library.ts';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { OPS, openTestGuard, serve } from './support.ts';

type Connect = RequestListener & { use(path: string, handle: unknown): unknown };

describe('a handler of node:http', () => {
  it('is called with who is calling, and only for a good token', async () => {
    const { guard, records } = await openTestGuard();
    const { ask } = await serve(guard.handler((_, res, who) => res.end(`${who.issuer} ${who.subject}`)));
    expect((await ask()).status).toBe(401);
    const answer = await ask(mintToken(OPS, { sub: 'alice' }));
    expect([answer.status, answer.body]).toEqual([200, 'ops.pub alice']);
    await until(() => records.length === 2, 'a record each');
    expect(records.map(({ outcome }) => outcome)).toEqual(['denied', 'allowed']);
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('inside');
      },
    ],
    [
      'later',
      async () => {
        throw new Error('inside');
      },
    ],
  ])('that throws %s is guard_failed with one record', async (_, handle) => {
    const { guard, records, lines } = await openTestGuard();
    const { ask } = await serve(guard.handler(handle));
    const answer = await ask(mintToken(OPS));
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([500, 'guard_failed']);
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({ outcome: 'failed', reason: 'guard_failed' });
    expect(lines.join('\n')).toContain('Error: inside');
  });

  it('that throws behind half an answer has its connection cut', async () => {
    const { guard, records } = await openTestGuard();
    const { ask } = await serve(
      guard.handler((_, res) => {
        res.writeHead(200, { 'content-length': 10 });
        res.write('half');
        throw new Error('inside');
      }),
    );
    await expect(ask(mintToken(OPS))).rejects.toThrow();
    await until(() => records.length === 1, 'the record');
    expect(records[0]).toMatchObject({ outcome: 'failed', reason: 'guard_failed', status: 200 });
  });

  it('that goes on writing after it has thrown puts nothing into the answers behind', async () => {
    const { guard } = await openTestGuard();
    const { open } = await serve(
      guard.handler((_, res) => {
        setImmediate(() => res.end('late'));
        throw new Error('inside');
      }),
    );
    const client = await open(mintToken(OPS));
    client.write(`GET /second HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${mintToken(OPS)}\r\n\r\n`);
    const answers = [await client.next(), await client.next()];
    expect(answers.map(({ status, body }) => [status, JSON.parse(body).reason])).toEqual([
      [500, 'guard_failed'],
      [500, 'guard_failed'],
    ]);
    expect(client.received.toString()).not.toContain('late');
  });

  it('that is no function is refused where it is given', async () => {
    const { guard } = await openTestGuard();
    expect(() => guard.handler(undefined as never)).toThrow(/handle must be a function/);
  });
});

describe.each([
  ['Express', () => express() as unknown as Connect],
  ['Connect', () => connect() as unknown as Connect],
])('%s', (_, makeApp) => {
  it('calls it with next, and the record has the path before a mount point cut it', async () => {
    const { guard, records } = await openTestGuard();
    const app = makeApp();
    app.use(
      '/shop',
      guard.handler((req, _res, who, next) => {
        Object.assign(req, { who });
        next?.();
      }),
    );
    app.use('/shop', (req: object, res: ServerResponse) => res.end((req as { who: Identity }).who.issuer));
    const { ask } = await serve(app);
    expect((await ask(undefined, '/shop/orders')).status).toBe(401);
    expect((await ask(mintToken(OPS), '/shop/orders')).body).toBe('ops.pub');
    await until(() => records.length === 2, 'a record each');
    expect(records.map(({ path }) => path)).toEqual(['/shop/orders', '/shop/orders']);
  });
});

describe('a bare decision', () => {
  it('says who is behind a token', async () => {
    const { guard, records } = await openTestGuard();
    expect(guard.authenticate(mintToken(OPS, { sub: 'alice' }))).toEqual({
      allowed: true,
      principal: { issuer: 'ops.pub', subject: 'alice', tokenId: undefined, roles: [], action: null },
    });
    expect(records).toEqual([]);
  });

  it('says why a token is refused, in the words that a caller may read', async () => {
    const { guard } = await openTestGuard();
    expect(guard.authenticate(mintToken(makeIssuer()))).toEqual({
      allowed: false,
      reason: 'token_rejected',
      status: 401,
      message: expect.stringMatching(/^No key accepts this token\./),
    });
    expect(guard.authenticate('')).toMatchObject({ allowed: false, reason: 'token_missing', status: 401 });
    for (const token of [undefined, null, 5, {}]) {
      expect(guard.authenticate(token as never)).toMatchObject({ reason: 'token_missing' });
      expect(guard.explain(token as never).accepted).toBe(false);
    }
  });

  it('is explained check by check, with the true reason', async () => {
    const { guard } = await openTestGuard();
    const explanation = guard.explain(mintToken(makeIssuer()));
    expect(explanation).toMatchObject({ accepted: false, reason: 'signature_invalid' });
    expect(explanation.checks.find(({ check }) => check === 'signature')?.verdict).toBe('failed');
    expect(guard.explain(mintToken(OPS)).accepted).toBe(true);
  });

  it('goes on by the last keys once the guard is closed', async () => {
    const { guard } = await openTestGuard();
    await guard.close();
    expect(guard.authenticate(mintToken(OPS)).allowed).toBe(true);
  });
});
