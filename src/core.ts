// The core of a process: the keys it follows and the guard that judges by them. Every door of the process asks this one.
import type { Settings } from './config/settings.ts';
import { makeSidecarReader } from './config/sidecar.ts';
import { createGuard, type Guard } from './guard.ts';
import { type KeyStore, openKeyStore } from './keystore/store.ts';
import { Policy } from './policy/policy.ts';

/** As much of the settings as a core needs. */
export type CoreSettings = Pick<
  Settings,
  'keysDirectory' | 'extraKeyFiles' | 'issuerSuffixOptional' | 'token' | 'policy'
> & { readonly upstream: Pick<Settings['upstream'], 'profile'> };

export interface Core {
  readonly settings: CoreSettings;
  readonly guard: Guard;
  readonly keys: KeyStore;
  readonly policy: Policy;
  /** Stops following the keys directory; the guard goes on judging by the last keys. */
  close(): void;
}

export interface CoreOptions {
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
}

/** @throws Failure `keys_unreadable` when the keys directory is missing, or cannot be listed */
export async function openCore(settings: CoreSettings, { now, report }: CoreOptions): Promise<Core> {
  const policy = new Policy(settings.upstream.profile, settings.policy);
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    algorithms: settings.token.algorithms,
    readSidecar: makeSidecarReader(policy.vocabulary),
    report,
  });
  const guard = createGuard({ rules: settings.token, lookup: keys.lookup, policy, now });
  return { settings, guard, keys, policy, close: () => keys.close() };
}
