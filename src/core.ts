// The core of a process: the keys and revocations it follows and the guard that judges by them. Every door of the process asks
// this one.
import type { Settings } from './config/settings.ts';
import { makeSidecarReader } from './config/sidecar.ts';
import { createGuard, type Guard } from './guard.ts';
import { type KeyStore, openKeyStore } from './keystore/store.ts';
import { Policy } from './policy/policy.ts';
import { openRevocations, type RevocationStore } from './revocation/store.ts';

/** As much of the settings as a core needs. */
export type CoreSettings = Pick<
  Settings,
  'keysDirectory' | 'extraKeyFiles' | 'issuerSuffixOptional' | 'token' | 'policy'
> & {
  readonly upstream: Pick<Settings['upstream'], 'profile'>;
  /** Undefined where nothing can be revoked. */
  readonly revocationsFile: string | undefined;
};

export interface Core {
  readonly settings: CoreSettings;
  readonly guard: Guard;
  readonly keys: KeyStore;
  readonly policy: Policy;
  readonly revocations: RevocationStore;
  /**
   * Stops following files; the guard goes on judging by the last keys and by what is revoked.
   * @param successor a core that has taken over the revocations
   */
  close(successor?: Core): void;
}

export interface CoreOptions {
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
  /** Of the core before: taken over where their file is the same, and known of in any case. */
  readonly revocations?: RevocationStore | undefined;
}

/**
 * @throws Failure `keys_unreadable` when the keys directory is missing, or cannot be listed; `revocations_unreadable` when
 *   the revocations file is there, and cannot be read
 */
export async function openCore(settings: CoreSettings, options: CoreOptions): Promise<Core> {
  const { now, report } = options;
  const policy = new Policy(settings.upstream.profile, settings.policy);
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    algorithms: settings.token.algorithms,
    readSidecar: makeSidecarReader(policy.vocabulary),
    report,
  });
  const revocations = await takeRevocations(settings.revocationsFile, options).catch((error: unknown) => {
    keys.close();
    throw error;
  });
  const guard = createGuard({ rules: settings.token, lookup: keys.lookup, policy, revocations, now });
  return {
    settings,
    guard,
    keys,
    policy,
    revocations,
    close(successor) {
      keys.close();
      if (successor?.revocations !== revocations) revocations.close();
    },
  };
}

async function takeRevocations(
  file: string | undefined,
  { now, report, revocations: before }: CoreOptions,
): Promise<RevocationStore> {
  if (before !== undefined && before.file === file) return before;
  return openRevocations({ file, now, report, known: before?.list() });
}
