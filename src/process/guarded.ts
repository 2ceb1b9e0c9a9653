// The guarded application and the broker, built from one reading of the settings.
import type { RequestListener } from 'node:http';
import type { Settings } from '../config/settings.ts';
import { PROFILES, type Profile } from '../policy/profile.ts';
import { type Broker, openBroker } from '../proxy/broker.ts';
import type { UpstreamReason } from '../proxy/upstream.ts';
import { createGuardedApp, type GuardedParts } from '../server.ts';

export interface Guarded {
  readonly handle: RequestListener;
  readonly profile: Profile;
  readonly broker: Broker;
  /** Undefined when the broker answers, else the reason why not. */
  probe(): Promise<UpstreamReason | undefined>;
}

/** @param predecessor whose connections to the broker are taken over where the settings leave them as they are */
export function openGuarded(
  { upstream }: Settings,
  parts: Omit<GuardedParts, 'profile' | 'broker'>,
  predecessor?: Guarded,
): Guarded {
  const profile = PROFILES[upstream.profile];
  const broker = openBroker(upstream, parts.recorder.tick, parts.report, predecessor?.broker);
  return {
    handle: createGuardedApp({ ...parts, profile, broker }).callback(),
    profile,
    broker,
    probe: () => broker.probe(profile.target.basePath || '/'),
  };
}
