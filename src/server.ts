// The composition root: builds every part from the settings and lists the steps of a request in their order.
// Whoever wants to know what happens to a request reads createGuardedApp from top to bottom.
import type { RequestListener } from 'node:http';
import Koa from 'koa';
import type { AuditLog } from './audit/log.ts';
import type { Settings, UpstreamSettings } from './config/settings.ts';
import { type Denial, deny } from './decision.ts';
import { createGuard, type Guard } from './guard.ts';
import { writeRefusal } from './http/answer.ts';
import { basicCredential, readBearerToken } from './http/credential.ts';
import type { Exchange } from './http/exchange.ts';
import { canonicalizeTarget } from './http/target.ts';
import { type KeyStore, openKeyStore } from './keystore/store.ts';
import { judgeBody } from './proxy/body.ts';
import { type ForwardOptions, forward } from './proxy/forward.ts';
import { probeBroker } from './proxy/probe.ts';
import { classifyAction, PROFILES, type Profile } from './proxy/profile.ts';
import { createUpstream, type UpstreamReason } from './proxy/upstream.ts';
import { createTrail, type Trail } from './trail.ts';

/** Everything that one reading of the settings brings to life, except the listeners. */
export interface Guarded {
  readonly handle: RequestListener;
  readonly trail: Trail;
  readonly profile: Profile;
  readonly keys: KeyStore;
  probe(): Promise<UpstreamReason | undefined>;
  close(force: boolean): Promise<void>;
}

interface GuardedState {
  exchange: Exchange;
}

/**
 * @param report takes one line for the operator
 * @throws Failure where the keys directory cannot be read
 */
export async function openGuarded(
  settings: Settings,
  audit: AuditLog,
  report: (line: string) => void,
): Promise<Guarded> {
  const { token, upstream: broker } = settings;
  const profile = PROFILES[broker.profile];
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    report,
  });
  const guard = createGuard({ rules: token, lookup: keys.lookup, now: Date.now });
  const upstream = createUpstream(broker);
  const tick = () => performance.now();
  const outbound = describeOutbound(broker);
  const trail = createTrail({ write: audit.write, now: Date.now, tick });
  const forwarding = { ...outbound, upstream, maxBodyBytes: broker.maxBodyBytes, tick, report };
  const app = createGuardedApp({ trail, profile, guard, forwarding, report });
  const requests = watchRequests(app.callback() as RequestListener);
  return {
    handle: requests.handle,
    trail,
    profile,
    keys,
    probe: () => probeBroker(upstream, profile.target.basePath || '/', outbound),
    async close(force) {
      keys.close();
      // Without force (after a reload) requests that were begun here still need the broker, or will.
      if (!force) await requests.ended();
      await upstream.close(force);
    },
  };
}

/** Knows when every request that was handed in has its answer, or will never have one. */
function watchRequests(handle: RequestListener) {
  let underway = 0;
  let whenNone: (() => void) | undefined;
  const watched: RequestListener = (req, res) => {
    underway++;
    res.once('close', () => {
      underway--;
      if (underway === 0) whenNone?.();
    });
    handle(req, res);
  };
  const ended = () =>
    new Promise<void>((resolve) => {
      whenNone = resolve;
      if (underway === 0) resolve();
    });
  return { handle: watched, ended };
}

function describeOutbound({ origin, credentials }: UpstreamSettings) {
  const credential = credentials && basicCredential(credentials.username, credentials.password);
  return { host: new URL(origin).host, credential };
}

interface Way {
  readonly trail: Trail;
  readonly profile: Profile;
  readonly guard: Guard;
  readonly forwarding: ForwardOptions;
  readonly report: (line: string) => void;
}

/** The life of a request. Each step lets it pass or names the reason why not. */
export function createGuardedApp({ trail, profile, guard, forwarding, report }: Way): Koa<GuardedState> {
  const step = (judge: (exchange: Exchange) => Denial | undefined | Promise<Denial | undefined>) =>
    createStep(judge, profile);
  const app = new Koa<GuardedState>();
  // Koa prints a stack for every client that hangs up; what fails inside is reported by catchFailures.
  app.silent = true;
  app.use(openTrail(trail));
  app.use(catchFailures(profile, report));
  app.use(step((exchange) => exchange.inbound.denial));
  app.use(step((exchange) => judgeTarget(exchange, profile)));
  app.use(step((exchange) => authenticate(exchange, guard)));
  app.use(step((exchange) => judgeBody(exchange, forwarding.maxBodyBytes)));
  app.use(step((exchange) => forward(exchange, forwarding)));
  return app;
}

/** Request id and start time; one record for each request, written when its response closes. */
function openTrail(trail: Trail): Koa.Middleware<GuardedState> {
  return (ctx, next) => {
    ctx.respond = false;
    ctx.state.exchange = trail.open(ctx.req, ctx.res);
    return next();
  };
}

/** The error boundary: whatever breaks inside ends here, as an answer that tells nothing of it. */
function catchFailures(profile: Profile, report: Way['report']): Koa.Middleware<GuardedState> {
  return async ({ state: { exchange } }, next) => {
    try {
      await next();
    } catch (error) {
      if (exchange.req.destroyed && !exchange.req.complete) return;
      report(
        `request ${exchange.id} failed inside the guard: ${error instanceof Error ? error.stack : 'unknown'}`,
      );
      refuse(exchange, deny('guard_failed'), profile);
    }
  };
}

function createStep(
  judge: (exchange: Exchange) => Denial | undefined | Promise<Denial | undefined>,
  profile: Profile,
): Koa.Middleware<GuardedState> {
  return async ({ state: { exchange } }, next) => {
    const verdict = judge(exchange);
    const denial = verdict instanceof Promise ? await verdict : verdict;
    return denial === undefined ? next() : refuse(exchange, denial, profile);
  };
}

/** Method and target, as far as the guard itself knows them. */
function judgeTarget(exchange: Exchange, profile: Profile): Denial | undefined {
  const method = exchange.req.method as string;
  const target = canonicalizeTarget(exchange.req.url as string, profile.target);
  if (!target.allowed) return target;
  exchange.target = target.value;
  exchange.action = classifyAction(profile, method, target.value.path);
  return profile.methods.includes(method) ? undefined : deny('method_not_allowed');
}

/** Credential -> issuer -> key -> signature -> claims: the guard's one question. */
function authenticate(exchange: Exchange, guard: Guard): Denial | undefined {
  const token = readBearerToken(exchange.inbound.credentials);
  if (!token.allowed) return token;
  const decision = guard.authenticate(token.value);
  if (!decision.allowed) return decision;
  exchange.principal = decision.value;
  return undefined;
}

function refuse(exchange: Exchange, denial: Denial, profile: Profile): void {
  exchange.denial = denial;
  if (exchange.res.headersSent) {
    exchange.res.destroy();
    return;
  }
  exchange.bytesOut = writeRefusal(exchange.res, denial, {
    requestId: exchange.id,
    allowedMethods: profile.methods,
    close: exchange.judgeConnection(),
  });
}
