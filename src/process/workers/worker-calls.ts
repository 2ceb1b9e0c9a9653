// What a worker does when the primary process calls: the guarded listener over keys that come from there.

import type { Settings } from '../../config/settings.ts';
import { createGuard, type Guard } from '../../guard.ts';
import type { AuditLog } from '../../observe/audit/log.ts';
import { auditObserver } from '../../observe/audit/record.ts';
import { addFamilies } from '../../observe/metrics/families.ts';
import { createProcessMetrics } from '../../observe/metrics/process-metrics.ts';
import { Policy } from '../../policy/policy.ts';
import type { Revocation } from '../../revocation/entry.ts';
import { RevokedTokens } from '../../revocation/revoked.ts';
import { type Means, startServing } from '../guarded-listener.ts';
import type { Serving } from '../serving.ts';
import { FollowedKeys } from './key-change.ts';
import type { Assignment, Calls } from './protocol.ts';

/**
 * @param report takes one line for the operator
 * @param onSettings told of the settings of the moment, before anything is said by them
 */
export function createWorkerCalls(
  audit: AuditLog,
  report: (line: string) => void,
  onSettings: (settings: Settings) => void,
): Calls {
  const revocations = new RevokedTokens();
  let keys = new FollowedKeys();
  let suffixOptional = false;
  let canPrimaryRecord = true;
  const canRecord = () => canPrimaryRecord && audit.available.current();
  let serving: Promise<Serving<Means>> | undefined;

  const readProcess = createProcessMetrics(() => audit.dropped());

  const open = (): Promise<Serving<Means>> => {
    if (serving === undefined) throw new Error('called before it was told what to serve');
    return serving;
  };
  const revoke = (added: readonly Revocation[]): void => {
    const nowSeconds = Date.now() / 1000;
    for (const revocation of added) revocations.add(revocation, nowSeconds);
  };
  /** The core of this worker: the same guard as the primary's, over the keys and revocations that it is told of. */
  const createCore = ({ token, upstream, policy }: Settings): Guard =>
    createGuard({
      rules: token,
      lookup: keys.lookup,
      policy: new Policy(upstream.profile, policy),
      revocations,
      now: Date.now,
    });
  return {
    // The keys are in place before anything is awaited: a change of theirs may already be on its way.
    async serve({
      settings,
      share,
      keys: change,
      revocations: revoked,
      tls,
      canRecord: canPrimary,
    }: Assignment) {
      canPrimaryRecord = canPrimary;
      onSettings(settings);
      suffixOptional = settings.issuerSuffixOptional;
      keys.apply(change, suffixOptional);
      revoke(revoked);
      const means = { guard: createCore(settings), tls, share, canRecord };
      serving = startServing(settings, means, [auditObserver(audit.write)], report);
      return (await serving).listen;
    },
    async changeKeys(change) {
      keys.apply(change, suffixOptional);
    },
    revoke: async (added) => revoke(added),
    async reload({ settings, share, keys: change, revocations: revoked, tls }) {
      onSettings(settings);
      suffixOptional = settings.issuerSuffixOptional;
      keys = new FollowedKeys();
      keys.apply(change, suffixOptional);
      revoke(revoked);
      const means = { guard: createCore(settings), tls, share, canRecord };
      await (await open()).reload(settings, means);
    },
    async setRecording(canPrimary) {
      canPrimaryRecord = canPrimary;
    },
    probe: async () => (await open()).probe(),
    metrics: async () => addFamilies([await readProcess(), ...(await (await open()).metrics())]),
    async stop() {
      // Where it could not be started there is nothing to stop.
      const started = await serving?.catch(() => undefined);
      await started?.stop();
      await audit.close();
      return audit.dropped();
    },
  };
}
