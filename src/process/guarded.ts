// The guarded application and the broker, built from one reading of the settings.
import type { RequestListener } from 'node:http';
import type { Settings } from '../config/settings.ts';
import { type CallerLimits, openCallerLimits } from '../limits/caller-limits.ts';
import { loadProfile, type Profile } from '../policy/profile.ts';
import { type Broker, openBroker } from '../proxy/broker.ts';
import { createGuardedApp, type GuardedParts } from '../server.ts';
import type { UpstreamReason } from '../upstream/failures.ts';
import { type Share, shareOut } from './share.ts';

/** What this process has beside the settings. */
export interface Part {
  /** Of the limits, where several processes serve. */
  readonly share: Share;
  readonly tls: { readonly upstreamCa: string | undefined };
}

export interface Guarded {
  readonly handle: RequestListener;
  readonly profile: Profile;
  readonly limits: CallerLimits;
  readonly broker: Broker;
  /** Undefined when the broker answers, else the reason why not. */
  probe(): Promise<UpstreamReason | undefined>;
}

/**
 * @param predecessor whose connections to the broker, and counts of callers, are taken over where the settings leave them
 *   as they are
 */
export function openGuarded(
  settings: Settings,
  { share, tls }: Part,
  { canRecord, ...parts }: Omit<GuardedParts, 'profile' | 'limits' | 'broker' | 'corsOrigins'>,
  predecessor?: Guarded,
): Guarded {
  const profile = loadProfile(settings.upstream.profile);
  const limits = openCallerLimits(settings.limits, predecessor?.limits);
  const broker = openBroker(
    shareOut(settings, share, tls.upstreamCa),
    parts.recorder.tick,
    parts.say,
    predecessor?.broker,
  );
  return {
    handle: createGuardedApp({
      ...parts,
      canRecord: settings.audit.required ? canRecord : () => true,
      profile,
      limits,
      broker,
      corsOrigins: settings.corsOrigins,
    }).callback(),
    profile,
    limits,
    broker,
    probe: () => broker.probe(profile.probe),
  };
}
