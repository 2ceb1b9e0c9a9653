// The guard's application beside Koa's own: the same middleware, the same request, the same status, headers and body.
// What a new version of Koa does differently shows here.
import http from 'node:http';
import { Readable } from 'node:stream';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GuardApplication } from '../../src/steps/application.ts';
import { listenOnLoopback } from '../support/loopback.ts';

type Use = (app: Koa) => void;

const with1 =
  (middleware: Middleware): Use =>
  (app) =>
    void app.use(middleware);

const around: Middleware = async (ctx, next) => {
  ctx.set('x-before', '1');
  await next();
  ctx.set('x-after', String(ctx.status));
};

const CASES: readonly (readonly [what: string, use: Use])[] = [
  [
    'a text',
    with1((ctx) => {
      ctx.body = 'hello';
    }),
  ],
  [
    'a text in another language',
    with1((ctx) => {
      ctx.body = 'grüße';
    }),
  ],
  [
    'an empty text',
    with1((ctx) => {
      ctx.body = '';
    }),
  ],
  [
    'HTML',
    with1((ctx) => {
      ctx.body = '<p>hello</p>';
    }),
  ],
  [
    'JSON',
    with1((ctx) => {
      ctx.body = { a: [1, 'two'] };
    }),
  ],
  [
    'a buffer',
    with1((ctx) => {
      ctx.body = Buffer.from('bytes');
    }),
  ],
  [
    'a stream',
    with1((ctx) => {
      ctx.body = Readable.from(['one ', 'two']);
    }),
  ],
  [
    'a stream with a type and a length',
    with1((ctx) => {
      ctx.type = 'text/plain';
      ctx.length = 7;
      ctx.body = Readable.from(['one two']);
    }),
  ],
  [
    'JSON with a status of its own',
    with1((ctx) => {
      ctx.status = 403;
      ctx.body = { denied: true };
    }),
  ],
  [
    'a status and no body',
    with1((ctx) => {
      ctx.status = 202;
    }),
  ],
  [
    '204',
    with1((ctx) => {
      ctx.status = 204;
    }),
  ],
  [
    '204 after a body',
    with1((ctx) => {
      ctx.body = 'x';
      ctx.status = 204;
    }),
  ],
  [
    '304',
    with1((ctx) => {
      ctx.status = 304;
    }),
  ],
  [
    'null as a body',
    with1((ctx) => {
      ctx.body = null;
    }),
  ],
  ['nothing at all', with1(() => undefined)],
  ['a promise for nothing', with1(async () => undefined)],
  ['a value that it returns', with1(() => 'nobody reads this')],
  ['a thrown Error', with1(() => Promise.reject(new Error('secret')))],
  [
    'an Error thrown before any promise',
    with1(() => {
      throw new Error('secret');
    }),
  ],
  ['ctx.throw(403)', with1((ctx) => ctx.throw(403, 'not you'))],
  ['ctx.throw(500)', with1((ctx) => ctx.throw(500, 'not shown'))],
  [
    'ctx.throw with fields',
    with1((ctx) => ctx.throw(401, 'who', { headers: { 'www-authenticate': 'Basic' } })),
  ],
  ['ctx.assert', with1((ctx) => ctx.assert(ctx.get('x-none'), 422, 'x-none is missing'))],
  [
    'a failure after fields were set',
    with1((ctx) => {
      ctx.set('x-lost', '1');
      throw new Error('secret');
    }),
  ],
  [
    'cookies',
    with1((ctx) => {
      ctx.cookies.set('a', 'b', { httpOnly: true });
      ctx.body = 'ok';
    }),
  ],
  ['a redirect', with1((ctx) => ctx.redirect('/elsewhere'))],
  [
    'an attachment',
    with1((ctx) => {
      ctx.attachment('a.txt');
      ctx.body = 'text';
    }),
  ],
  [
    'a raw answer',
    with1((ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(418, { 'x-raw': '1' });
      ctx.res.end('teapot');
    }),
  ],
  [
    'an answer in two middlewares',
    (app) => {
      app.use(around);
      app.use((ctx) => {
        ctx.body = 'inner';
      });
    },
  ],
  [
    'a middleware that calls next twice',
    (app) => {
      app.use(async (_, next) => {
        await next();
        await next();
      });
      app.use((ctx) => {
        ctx.body = 'inner';
      });
    },
  ],
  [
    'a middleware that hands its promise on',
    (app) => {
      app.use((ctx, next) =>
        next().then(() => {
          ctx.body = `${ctx.body} and outer`;
        }),
      );
      app.use((ctx) => {
        ctx.body = 'inner';
      });
    },
  ],
  [
    'a middleware that catches what is thrown below',
    (app) => {
      app.use((ctx, next) =>
        next().catch((error: Error) => {
          ctx.body = `caught ${error.message}`;
        }),
      );
      app.use(() => {
        throw new Error('below');
      });
    },
  ],
  [
    'what is asked of the request',
    with1((ctx) => {
      const { method, path, query, querystring, host, protocol, secure, ip, originalUrl, fresh } = ctx;
      const asked = { method, path, query, querystring, host, protocol, secure, ip, originalUrl, fresh };
      ctx.body = { ...asked, accepts: ctx.accepts('json', 'html'), isJson: ctx.is('json') };
    }),
  ],
  [
    'links between context, request and response',
    with1((ctx) => {
      const { app, request, response } = ctx;
      ctx.body = [
        request.ctx === ctx,
        response.ctx === ctx,
        request.response === response,
        app === request.app,
      ];
    }),
  ],
  [
    'state, and members of app.context',
    (app) => {
      app.context.db = 'a database';
      app.use(async (ctx, next) => {
        ctx.state.user = 'alice';
        await next();
      });
      app.use((ctx) => {
        ctx.body = [ctx.state.user, ctx.db];
      });
    },
  ],
  [
    'the context as JSON',
    with1((ctx) => {
      ctx.body = ctx.toJSON().request;
    }),
  ],
  [
    "the fields' own spelling",
    with1((ctx) => {
      ctx.set({ 'X-Upper': 'a', ETag: '"1"' });
      ctx.append('Link', '<a>');
      ctx.append('Link', '<b>');
      ctx.vary('Origin');
      ctx.body = 'ok';
    }),
  ],
  [
    'a router',
    (app) => {
      const router = new Router();
      router.get('/here', (ctx) => {
        ctx.body = 'routed';
      });
      app.use(router.routes()).use(router.allowedMethods());
    },
  ],
  [
    'a body parser',
    (app) =>
      void app.use(bodyParser()).use((ctx) => {
        ctx.body = ctx.request.body ?? null;
      }),
  ],
];

const REQUESTS = [
  { method: 'GET', path: '/here?a=1' },
  { method: 'HEAD', path: '/here' },
  { method: 'POST', path: '/here', body: '{"a":1}' },
  { method: 'GET', path: '/elsewhere' },
] as const;

async function ask(app: Koa, use: Use, asked: (typeof REQUESTS)[number]) {
  use(app);
  app.on('error', () => undefined);
  const server = http.createServer(app.callback());
  onTestFinished(() => void server.close());
  const port = await listenOnLoopback(server);
  const headers = { host: 'koa.example', 'content-type': 'application/json', accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const request = http.request({ port, agent: false, ...asked, headers }, (answer) => {
      const { statusCode, statusMessage, rawHeaders } = answer;
      let body = '';
      answer.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      answer.on('end', () => resolve({ statusCode, statusMessage, headers: fieldsOf(rawHeaders), body }));
    });
    request.on('error', reject).end('body' in asked ? asked.body : undefined);
  });
}

/** Name and value of each line, but for the one that tells the time. */
function fieldsOf(raw: readonly string[]): string[] {
  return raw.flatMap((name, at) => (at % 2 === 0 && name !== 'Date' ? [`${name}: ${raw[at + 1]}`] : []));
}

describe.each(CASES)('a middleware that answers with %s', (_, use) => {
  it.each(REQUESTS)('does to $method $path what it does in Koa', async (asked) => {
    const [stock, lean] = await Promise.all([
      ask(new Koa(), use, asked),
      ask(new GuardApplication(), use, asked),
    ]);
    expect(lean).toEqual(stock);
  });
});

describe('the application', () => {
  it('tells of errors as Koa does, once', async () => {
    const heard: string[] = [];
    const app = new GuardApplication();
    app.on('error', (error: Error) => heard.push(error.message));
    await ask(
      app,
      with1(() => Promise.reject(new Error('told'))),
      REQUESTS[0],
    );
    expect(heard).toEqual(['told']);
  });
});
