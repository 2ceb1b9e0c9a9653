// The HTTP side's frame: Basic credentials, NanoMQ's order of refusals, and the routes under /api/v4.
// As in NanoMQ the credentials come first, so nothing can be learnt without them; then method, then path.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestListener } from 'node:http';
import Router from '@koa/router';
import type { Aedes } from 'aedes';
import Koa, { type Context, type Middleware } from 'koa';
import { AUTHORIZATION, basicCredential } from '../http/credential.ts';
import { answerCode, CODE } from './answer.ts';
import type { Census } from './census.ts';
import { addClientRoutes } from './clients.ts';
import { addMetricsRoutes } from './metrics.ts';
import { addNodeRoutes } from './node.ts';
import { addPublishRoutes } from './publish.ts';
import { addTopicTreeRoute } from './topic-tree.ts';

export interface ApiOptions {
  readonly broker: Aedes;
  readonly census: Census;
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const ROUTED_METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);

/** The request handler of NanoMQ's v4 API over this broker. */
export function createApi(options: ApiOptions): RequestListener {
  const { broker, census, now } = options;
  const router = new Router({ prefix: '/api/v4', sensitive: true });
  addNodeRoutes(router, { broker, census, now });
  addMetricsRoutes(router, { census, now });
  addClientRoutes(router, census);
  addTopicTreeRoute(router, census);
  addPublishRoutes(router, broker);

  const app = new Koa();
  // Koa reports here what happens to connections: the guard hung up. What fails in a handler is caught below.
  app.on('error', () => undefined);
  app.use(answerFailures);
  app.use(requireCredential(basicCredential(options.username, options.password)));
  app.use(refuseOtherMethods);
  app.use(router.routes());
  app.use((ctx) => answerCode(ctx, 404, CODE.UNKNOWN_MISTAKE));
  return app.callback();
}

async function answerFailures(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    await next();
  } catch (error) {
    process.emitWarning(`The embedded broker's API failed: ${String(error)}`);
    answerCode(ctx, 500, CODE.UNKNOWN_MISTAKE);
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares digests, so that neither the length nor the bytes of the secret can be measured. */
function requireCredential(credential: string): Middleware {
  const expected = digest(credential);
  return async (ctx, next) => {
    const given = ctx.headers[AUTHORIZATION] ?? '';
    if (timingSafeEqual(digest(String(given)), expected)) return await next();
    const isBasic = /^Basic +\S/.test(String(given));
    answerCode(ctx, 401, isBasic ? CODE.WRONG_USERNAME_OR_PASSWORD : CODE.EMPTY_USERNAME_OR_PASSWORD);
  };
}

async function refuseOtherMethods(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  if (ROUTED_METHODS.has(ctx.method)) await next();
  else answerCode(ctx, 405, CODE.UNKNOWN_MISTAKE);
}
