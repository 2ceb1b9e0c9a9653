// The composition root: builds every part from the settings and lists the steps of a request in their order.
// Whoever wants to know what happens to a request reads createHandler and judge from top to bottom.
import type { RequestListener } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Settings, UpstreamSettings } from './config/settings.ts';
import { type Denial, deny } from './decision.ts';
import { createGuard, type Guard } from './guard.ts';
import { writeRefusal } from './http/answer.ts';
import { basicCredential, readBearerToken } from './http/credential.ts';
import type { Exchange } from './http/exchange.ts';
import { canonicalizeTarget } from './http/target.ts';
import type { IssuerLookup } from './keystore/lookup.ts';
import { classifyAction, PROFILES, type Profile } from './policy/profile.ts';
import { judgeBody } from './proxy/body.ts';
import { createFailureReport } from './proxy/failure-report.ts';
import { type ForwardOptions, forward, type Refuse } from './proxy/forward.ts';
import { probeBroker } from './proxy/probe.ts';
import { createUpstream, type Upstream, type UpstreamReason } from './proxy/upstream.ts';
import type { Trail } from './trail.ts';

/** Monotonic milliseconds: the clock of durations and timeouts. */
export const tick = (): number => performance.now();

/** Everything that one reading of the settings brings to life, except the listeners. */
export interface Guarded {
  readonly handle: RequestListener;
  readonly profile: Profile;
  probe(): Promise<UpstreamReason | undefined>;
  readonly broker: UpstreamSettings;
  readonly upstream: Upstream;
  /**
   * Ends the connections to the broker: when their calls are over, or at once with `force`. Those that a
   * successor goes on using stay.
   */
  close(force: boolean, successor?: Guarded): void;
}

/**
 * @param report takes one line for the operator
 * @param predecessor whose connections to the broker are taken over where the settings leave them as they are:
 *   otherwise a reload would for a while open twice as many as the broker allows
 */
export function openGuarded(
  { token, upstream: broker }: Settings,
  lookup: IssuerLookup,
  trail: Trail,
  report: (line: string) => void,
  predecessor?: Guarded,
): Guarded {
  const profile = PROFILES[broker.profile];
  const guard = createGuard({ rules: token, lookup, now: Date.now });
  const upstream =
    predecessor && isDeepStrictEqual(predecessor.broker, broker)
      ? predecessor.upstream
      : createUpstream(broker, tick);
  const outbound = describeOutbound(broker);
  const reportFailure = createFailureReport(report, tick);
  const forwarding = {
    ...outbound,
    upstream,
    maxBodyBytes: broker.maxBodyBytes,
    tick,
    report,
    reportFailure,
  };
  return {
    handle: createHandler({ trail, profile, guard, forwarding, report }),
    profile,
    probe: () => probeBroker(upstream, profile.target.basePath || '/', { ...outbound, reportFailure }),
    broker,
    upstream,
    close(force, successor) {
      if (successor?.upstream !== upstream) upstream.close(force);
    },
  };
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

/**
 * The life of a request: id and start time, then every step in its order; each lets it pass or names the reason
 * why not. Whatever becomes of it, the trail writes one record when the response closes.
 */
export function createHandler(way: Way): RequestListener {
  const refuse: Refuse = (exchange, denial) => writeAnswer(exchange, denial, way.profile);
  // The error boundary: what breaks inside ends here, as an answer that tells nothing of it.
  const fail = (exchange: Exchange, error: unknown): void => {
    const why = error instanceof Error ? error.stack : 'unknown';
    way.report(`request ${exchange.id} failed inside the guard: ${why}`);
    refuse(exchange, deny('guard_failed'));
  };
  return (req, res) => {
    const exchange = way.trail.open(req, res);
    try {
      const denial = judge(exchange, way);
      if (denial !== undefined) refuse(exchange, denial);
      else forward(exchange, way.forwarding, refuse)?.catch((error: unknown) => fail(exchange, error));
    } catch (error) {
      fail(exchange, error);
    }
  };
}

/** Head -> canonical target -> credential, issuer, key, signature, claims -> body. */
function judge(exchange: Exchange, { profile, guard, forwarding }: Way): Denial | undefined {
  return (
    exchange.inbound.denial ??
    judgeTarget(exchange, profile) ??
    authenticate(exchange, guard) ??
    judgeBody(exchange, forwarding.maxBodyBytes)
  );
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

function writeAnswer(exchange: Exchange, denial: Denial, profile: Profile): void {
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
