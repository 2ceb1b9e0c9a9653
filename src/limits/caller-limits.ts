// How often callers may come, as the settings say. Each serving process counts for itself.
import { FailedAttempts } from './failed-attempts.ts';

export interface CallerLimitSettings {
  readonly failures: number | undefined;
}

/** Undefined what is not limited. */
export interface CallerLimits {
  readonly failures: FailedAttempts | undefined;
}

/** @param before whose counts go on where their limit is the same: a reload lets nobody off */
export function openCallerLimits({ failures }: CallerLimitSettings, before?: CallerLimits): CallerLimits {
  return {
    failures:
      before?.failures?.free === failures
        ? before?.failures
        : failures === undefined
          ? undefined
          : new FailedAttempts(failures),
  };
}
