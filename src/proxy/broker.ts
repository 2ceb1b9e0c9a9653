// The broker as the settings describe it: how it is addressed, what it is shown as a credential, the connections to it,
// and what may be kept for it.
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamSettings } from '../config/settings.ts';
import { basicCredential } from '../http/credential.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import type { UpstreamReason } from '../upstream/failures.ts';
import { type PoolOptions, UpstreamPool } from '../upstream/pool.ts';
import { Allowance, type AllowanceLimits } from './allowance.ts';
import type { BodyLimits } from './body.ts';
import { createFailureReport } from './failure-report.ts';
import type { OutboundOptions } from './outbound.ts';
import { probeBroker } from './probe.ts';
import type { RedactionLimits } from './redacted-answer.ts';
import type { RelayOptions } from './relay.ts';

/** As far as this process has it, where several share the limits. */
export interface BrokerSettings {
  readonly upstream: UpstreamSettings & Pick<PoolOptions, 'maxPublishes' | 'maxPerCaller' | 'ca'>;
  readonly limits: {
    readonly uploadMs: number;
    readonly collected: AllowanceLimits;
    readonly redactedBytes: number;
  };
}

export interface Broker extends OutboundOptions, RelayOptions, BodyLimits {
  readonly settings: BrokerSettings;
  readonly upstream: UpstreamPool;
  readonly redaction: RedactionLimits;
  /** Asks for an answer to `target`: undefined when there is one, else the reason why not. */
  probe(target: string): Promise<UpstreamReason | undefined>;
  /**
   * Ends the connections: when their exchanges are over, or at once with `force`. Those that a successor goes on using
   * stay.
   */
  close(force: boolean, successor?: Broker): void;
}

/**
 * @param tick monotonic milliseconds
 * @param say takes one line for the operator, however often a caller can cause it
 * @param predecessor whose connections and allowance are taken over where the settings leave them as they are: otherwise
 *   a reload would for a while have twice as much as is allowed
 */
export function openBroker(
  settings: BrokerSettings,
  tick: () => number,
  say: SeldomReport,
  predecessor?: Broker,
): Broker {
  const { origin, basePath, credentials, maxBodyBytes, bodyTimeoutMs } = settings.upstream;
  const upstream = takeOver(predecessor, settings.upstream) ?? new UpstreamPool(settings.upstream, tick);
  const { uploadMs, collected, redactedBytes } = settings.limits;
  const held = { total: HELD_ANSWERS * redactedBytes, perCaller: HELD_OF_CALLER * redactedBytes };
  const credential = credentials && basicCredential(credentials.username, credentials.password);
  const reportFailure = createFailureReport(say);
  const outbound = { origin, basePath, host: new URL(origin).host, credential };
  return {
    ...outbound,
    settings,
    upstream,
    maxBodyBytes,
    uploadTimes: { stallMs: bodyTimeoutMs, wholeMs: uploadMs, tick },
    collected: keepAllowance(predecessor?.collected, collected),
    redaction: { maxAnswerBytes: redactedBytes, held: keepAllowance(predecessor?.redaction.held, held) },
    tick,
    say,
    reportFailure,
    probe: (target) => probeBroker(upstream, target, { ...outbound, reportFailure }),
    close(force, successor) {
      if (successor?.upstream !== upstream) upstream.close(force);
    },
  };
}

/** Of the largest answers whose secrets are left out, so many are held at a time. */
const HELD_ANSWERS = 8;
const HELD_OF_CALLER = 4;

const keepAllowance = (before: Allowance | undefined, limits: AllowanceLimits): Allowance =>
  before !== undefined && isDeepStrictEqual(before.limits, limits) ? before : new Allowance(limits);

function takeOver(
  predecessor: Broker | undefined,
  upstream: BrokerSettings['upstream'],
): UpstreamPool | undefined {
  return isDeepStrictEqual(predecessor?.settings.upstream, upstream) ? predecessor?.upstream : undefined;
}
