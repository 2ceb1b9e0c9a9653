// Somebody's own middleware among the guard's steps: denials pass it, and what it breaks stays inside.
import http from 'node:http';
import type { Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deny } from '../../src/decision.ts';
import { Connections } from '../../src/listener/connection.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { createRecorder } from '../../src/observe/recorder.ts';
import { answerDenials } from '../../src/steps/answer-denials.ts';
import { GuardApplication } from '../../src/steps/application.ts';
import { denyFailures } from '../../src/steps/deny-failures.ts';
import { readHead } from '../../src/steps/read-head.ts';
import { record } from '../../src/steps/record.ts';
import { defineStep } from '../../src/steps/step.ts';
import { until } from '../support/guard.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { openSocket, RawConnection, sendRaw } from '../support/raw.ts';

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** The guard's first steps, a middleware of somebody's, and a last step that refuses unless told otherwise. */
async function start(
  middleware: Middleware,
  last = defineStep(() => deny('token_missing')),
  touch = (_: http.IncomingMessage) => {},
) {
  const seen: Observation[] = [];
  const lines: string[] = [];
  const recorder = createRecorder({
    observers: [(one) => void seen.push(one)],
    now: Date.now,
    tick: () => performance.now(),
  });
  const app = new GuardApplication();
  app.use(
    record(
      recorder,
      new Connections({ isDraining: () => false, refusedPerConnection: () => 3, skipTurn: () => undefined })
        .of,
    ),
  );
  app.use(answerDenials());
  app.use(denyFailures((line) => void lines.push(line)));
  app.use(readHead());
  app.use(middleware);
  app.use(last);
  const handle = app.callback();
  const server = http.createServer((req, res) => {
    touch(req);
    void handle(req, res);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = await listenOnLoopback(server);
  return { seen, lines, port };
}

describe('a denial', () => {
  it.each<[string, Middleware]>([
    ['awaits next and hands nothing on', async (_, next) => void (await next())],
    ['hands on what next gives', (_, next) => next()],
    ['chains a promise', (_, next) => next().then(() => undefined)],
    ['does not wait for next', (_, next) => void next()],
  ])('passes a middleware that %s', async (_, middleware) => {
    const { port, seen } = await start(middleware);
    const answer = await sendRaw(port, ASK);
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([401, 'token_missing']);
    await until(() => seen.length === 1, 'the observation');
    expect(seen[0]?.denial?.reason).toBe('token_missing');
  });

  it('keeps the fields that a middleware has set', async () => {
    const { port } = await start(async (ctx, next) => {
      ctx.set('access-control-allow-origin', 'https://console.example');
      await next();
    });
    const { status, headers } = await sendRaw(port, ASK);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, 'https://console.example']);
  });
});

describe('a middleware that throws', () => {
  it.each<[string, Middleware]>([
    [
      'at once',
      () => {
        throw new Error('inside');
      },
    ],
    [
      'before next',
      async () => {
        throw new Error('inside');
      },
    ],
    [
      'after next',
      async (_, next) => {
        await next();
        throw new Error('inside');
      },
    ],
  ])('%s is guard_failed with one record', async (_, middleware) => {
    const { port, seen, lines } = await start(middleware);
    for (let count = 1; count <= 2; count++) {
      const answer = await sendRaw(port, ASK);
      expect([answer.status, JSON.parse(answer.body).reason]).toEqual([500, 'guard_failed']);
      expect(answer.body).not.toContain('inside');
      await until(() => seen.length === count, 'the observation');
    }
    expect(seen.map(({ denial }) => denial?.reason)).toEqual(['guard_failed', 'guard_failed']);
    expect(lines[0]).toMatch(/^request \S+ failed inside the guard: Error: inside\n/);
  });
});

describe('an answer that a middleware has chosen by throwing', () => {
  it.each<[string, Middleware, number, string]>([
    ['ctx.throw(403)', (ctx) => ctx.throw(403, 'not you'), 403, 'not you'],
    ['ctx.throw(503)', (ctx) => ctx.throw(503, 'why'), 503, 'Service Unavailable'],
    ['a body parser', bodyParser(), 400, 'Bad Request'],
  ])('%s is what Koa makes of it', async (_, middleware, status, text) => {
    const { port, seen } = await start(middleware);
    const ask = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{a}`;
    const answer = await sendRaw(port, ask);
    expect(answer.status).toBe(status);
    if (text !== 'Bad Request') expect(answer.body).toBe(text);
    await until(() => seen.length === 1, 'the observation');
    expect(seen[0]).toMatchObject({ denial: undefined, status });
  });
});

describe('a middleware that answers by itself', () => {
  it('is answered for by Koa, and recorded', async () => {
    const { port, seen } = await start((ctx) => {
      ctx.body = { mine: true };
    });
    const answer = await sendRaw(port, ASK);
    expect([answer.status, answer.body]).toEqual([200, '{"mine":true}']);
    await until(() => seen.length === 1, 'the observation');
    expect(seen[0]).toMatchObject({ completed: true, status: 200, denial: undefined });
  });

  it('and waits while the client leaves has one observation, not completed', async () => {
    let isAsked = false;
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { port, seen } = await start(async (ctx) => {
      isAsked = true;
      await waiting;
      ctx.body = 'late';
    });
    const client = new RawConnection(await openSocket(port));
    client.write(ASK);
    await until(() => isAsked, 'the middleware');
    client.destroy();
    await until(() => seen.length === 1, 'the observation');
    expect(seen[0]).toMatchObject({ completed: false, denial: undefined, status: undefined });
    go();
    await sendRaw(port, ASK);
    await until(() => seen.length === 2, 'the observation of another request');
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.map(({ completed }) => completed)).toEqual([false, true]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(2);
  });
});

describe('the reading of the head', () => {
  it('stands inside the error boundary', async () => {
    const { port, seen, lines } = await start(
      (_, next) => next(),
      undefined,
      (req) => {
        Object.defineProperty(req, 'rawHeaders', {
          get: () => {
            throw new Error('no head');
          },
        });
      },
    );
    const answer = await sendRaw(port, ASK);
    expect([answer.status, answer.headers.get('connection')]).toEqual([500, 'close']);
    await until(() => seen.length === 1, 'the observation');
    expect(seen[0]?.denial?.reason).toBe('guard_failed');
    expect(lines.join('\n')).toContain('Error: no head');
  });
});
