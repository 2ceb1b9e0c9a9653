// How often callers may come, as the settings say. Each serving process counts for itself.
import { FailedAttempts } from './failed-attempts.ts';
import { RequestRate } from './request-rate.ts';

export interface CallerLimitSettings {
  readonly failures: number | undefined;
  readonly requests: number | undefined;
}

/** Undefined what is not limited. */
export interface CallerLimits {
  readonly failures: FailedAttempts | undefined;
  readonly requests: RequestRate | undefined;
}

/** @param before whose counts go on where their limit is the same: a reload lets nobody off */
export function openCallerLimits(
  { failures, requests }: CallerLimitSettings,
  before?: CallerLimits,
): CallerLimits {
  return {
    failures: before?.failures?.free === failures ? before?.failures : openFailures(failures),
    requests: before?.requests?.perSecond === requests ? before?.requests : openRequests(requests),
  };
}

const openFailures = (free: number | undefined) =>
  free === undefined ? undefined : new FailedAttempts(free);
const openRequests = (perSecond: number | undefined) =>
  perSecond === undefined ? undefined : new RequestRate(perSecond);
