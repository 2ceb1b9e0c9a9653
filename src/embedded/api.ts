// The HTTP side's frame: NanoMQ 0.25.6's order of refusals (root, length, credentials, method, path) and the routes under
// /api/v4. On purpose not NanoMQ's way: HTTP is read as Node reads it (framing, keep-alive, its own fields), the credentials
// count only to the letter, an encoded path is no route. Each file names what else stays different in its own part.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestListener } from 'node:http';
import Router from '@koa/router';
import type { Aedes } from 'aedes';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import { AUTHORIZATION, basicCredential } from '../http/credential.ts';
import { answerError, answerPage, CODE } from './answer.ts';
import { refuseLargeBodies } from './body.ts';
import { addBridgeRoutes } from './bridges.ts';
import type { Census } from './census.ts';
import { addClientRoutes } from './clients.ts';
import { addConfigurationRoutes } from './configuration.ts';
import { addMetricsRoutes } from './metrics.ts';
import { addNodeRoutes } from './node.ts';
import { plantConfiguration } from './planted.ts';
import { addPublishRoutes } from './publish.ts';
import { addRuleRoutes } from './rules.ts';
import { addTopicTreeRoute } from './topic-tree.ts';

export interface ApiOptions {
  readonly broker: Aedes;
  readonly census: Census;
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const ROOT = '/api/v4';
const ROUTED_METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);

/** The request handler of NanoMQ's v4 API over this broker. */
export function createApi(options: ApiOptions): RequestListener {
  const router = new Router({ prefix: ROOT, sensitive: true });
  addRoutes(router, options);

  const app = new Koa();
  // Koa reports here what happens to connections: the guard hung up. What fails in a handler is caught below.
  app.on('error', () => undefined);
  app.use(answerFailures);
  app.use(refuseOutside);
  app.use(refuseLargeBodies);
  app.use(requireCredential(basicCredential(options.username, options.password)));
  app.use(refuseOtherMethods);
  app.use(router.routes());
  app.use((ctx) => answerError(ctx, 404, CODE.UNKNOWN_MISTAKE));
  return app.callback();
}

function addRoutes(router: Router, { broker, census, now }: ApiOptions): void {
  const configuration = plantConfiguration();
  addNodeRoutes(router, { broker, census, now });
  addMetricsRoutes(router, { census, now });
  addClientRoutes(router, census);
  addTopicTreeRoute(router, census);
  addPublishRoutes(router, broker);
  addRuleRoutes(router);
  addBridgeRoutes(router, configuration);
  addConfigurationRoutes(router, configuration);
}

/** Beside the API NanoMQ serves files, to anybody; here there are none. */
async function refuseOutside(ctx: Context, next: Next): Promise<void> {
  if (ctx.path === ROOT || ctx.path.startsWith(`${ROOT}/`)) await next();
  else answerPage(ctx, 404);
}

async function answerFailures(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    process.emitWarning(`The embedded broker's API failed: ${String(error)}`);
    answerError(ctx, 500, CODE.UNKNOWN_MISTAKE);
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
    answerError(ctx, 401, isBasic ? CODE.WRONG_USERNAME_OR_PASSWORD : CODE.EMPTY_USERNAME_OR_PASSWORD);
  };
}

async function refuseOtherMethods(ctx: Context, next: Next): Promise<void> {
  if (ROUTED_METHODS.has(ctx.method)) await next();
  else answerError(ctx, 405, CODE.UNKNOWN_MISTAKE);
}
