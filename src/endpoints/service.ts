// The service listener's own routes: health for whoever runs the guard, public keys for whoever verifies
// its issuers' tokens. Nothing here is forwarded, and nothing here needs a token.
import Router from '@koa/router';
import Koa from 'koa';
import type { Readiness } from './readiness.ts';

export interface ServiceOptions {
  readonly readiness: () => Promise<Readiness>;
  /** The JWK Set (RFC 7517 §5) of the present keys, as JSON. */
  readonly jwks: () => string;
}

export function createServiceApp(options: ServiceOptions): Koa {
  const router = new Router();
  router.get('/livez', (ctx) => {
    ctx.body = { alive: true };
  });
  router.get('/readyz', async (ctx) => {
    const readiness = await options.readiness();
    ctx.status = readiness.ready ? 200 : 503;
    ctx.body = readiness;
  });
  router.get('/.well-known/jwks.json', (ctx) => {
    ctx.type = 'application/jwk-set+json';
    ctx.body = options.jwks();
  });
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set('cache-control', 'no-store');
    ctx.set('x-content-type-options', 'nosniff');
    await next();
    if (ctx.status === 404 && !ctx.body) {
      ctx.status = 404;
      ctx.body = { message: 'Not here. Try /livez, /readyz or /.well-known/jwks.json.' };
    }
  });
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}
