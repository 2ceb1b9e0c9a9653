// The service listener's application: the frame of its routes. Nothing here is forwarded.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { Settings } from '../config/settings.ts';
import type { Core } from '../core.ts';
import { toJwkSetText } from '../keystore/jwks.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { answerDenials } from '../steps/answer-denials.ts';
import { GuardApplication } from '../steps/application.ts';
import { denyFailures } from '../steps/deny-failures.ts';
import { record } from '../steps/record.ts';
import { addHealth } from './health.ts';
import { addJwks } from './jwks.ts';
import { requireKnownHost } from './known-host.ts';
import { addMetrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface ServiceParts {
  readonly recorder: Recorder;
  readonly say: SeldomReport;
  readonly readiness: () => Promise<Readiness>;
  /** The page of metrics of this moment. */
  readonly metrics: () => Promise<string>;
  readonly core: () => Core;
  /** The settings of this moment. */
  readonly settings: () => Settings;
  /** Other rooms' routes. */
  readonly addRoutes: (router: Router) => void;
}

export function createServiceApp({
  recorder,
  say,
  readiness,
  metrics,
  core,
  settings,
  addRoutes,
}: ServiceParts): GuardApplication {
  const router = new Router();
  addHealth(router, readiness);
  addMetrics(router, metrics);
  addJwks(router, (issuer) => describeKeys(core(), issuer));
  addRoutes(router);
  const app = new GuardApplication();
  app.use(record(recorder));
  app.use(answerDenials());
  app.use(denyFailures(say));
  app.use(setFields);
  app.use(requireKnownHost(settings));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/** All keys, or those of one issuer; undefined where nobody has that name. */
function describeKeys({ keys, settings }: Core, issuer: string | undefined): string | undefined {
  const filed = issuer === undefined ? undefined : keys.lookup(issuer);
  if (issuer !== undefined && filed === undefined) return undefined;
  return toJwkSetText(keys.snapshot(), settings.token.algorithms, filed?.name);
}

const setFields: Middleware = async (ctx, next) => {
  ctx.set('cache-control', 'no-store');
  ctx.set('x-content-type-options', 'nosniff');
  await next();
  if (ctx.status === 404 && !ctx.body) {
    ctx.status = 404;
    ctx.body = { message: 'Not here. Try /livez, /readyz, /metrics or /.well-known/jwks.json.' };
  }
};
