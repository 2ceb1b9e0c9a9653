// What one of several processes gets of the limits that all of them share.
import type { Settings } from '../config/settings.ts';
import type { Problem } from '../failure.ts';
import { loadProfile } from '../policy/profile.ts';
import type { BrokerSettings } from '../proxy/broker.ts';

export interface Share {
  /** Which of the processes it is, counting from 0. */
  readonly index: number;
  readonly of: number;
}

/** Of a guard that is one process. */
export const WHOLE: Share = { index: 0, of: 1 };

/** At least one: a process that had none could serve nobody. */
const takePart = (total: number, { index, of }: Share): number =>
  Math.max(1, Math.floor((total + of - 1 - index) / of));

/** A bound on memory has room for one body at least, whoever serves it. */
export function shareOut(
  { upstream, limits }: Settings,
  share: Share,
  upstreamCa?: string | undefined,
): BrokerSettings {
  const { publishesAtOnce } = loadProfile(upstream.profile);
  const room = (bytes: number) => Math.max(takePart(bytes, share), Math.min(bytes, upstream.maxBodyBytes));
  return {
    upstream: {
      ...upstream,
      ca: upstreamCa,
      maxConnections: takePart(upstream.maxConnections, share),
      maxPublishes: publishesAtOnce && takePart(publishesAtOnce, share),
      maxPerCaller: limits.concurrency && takePart(limits.concurrency, share),
    },
    limits: {
      uploadMs: limits.uploadMs,
      redactedBytes: limits.redactedBytes,
      collected: { total: room(limits.collectedBytes), perCaller: room(limits.collectedPerIssuerBytes) },
    },
  };
}

/** What the least shares together make more than the broker does well with. */
export function listOvershares({ workers, upstream }: Settings): Problem[] {
  const { publishesAtOnce, name } = loadProfile(upstream.profile);
  if (publishesAtOnce === undefined || workers <= publishesAtOnce) return [];
  const what = `guard.workers is ${workers}, and each worker may have one publish with the broker`;
  const message = `${what}: ${name} answers well when it is asked for ${publishesAtOnce} at a time. Set guard.workers = ${publishesAtOnce} where callers publish much`;
  return [{ message, name: 'guard.workers' }];
}
