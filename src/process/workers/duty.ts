// What a worker does when the primary process calls: the guarded listener over keys that come from there.
import type { AuditLog } from '../../observe/audit/log.ts';
import { type Serving, startServing } from '../serving.ts';
import { FollowedKeys } from './key-change.ts';
import type { Assignment, Calls } from './protocol.ts';

/** @param report takes one line for the operator */
export function createDuty(audit: AuditLog, report: (line: string) => void): Calls {
  let keys = new FollowedKeys();
  let suffixOptional = false;
  let serving: Promise<Serving> | undefined;

  const open = (): Promise<Serving> => {
    if (serving === undefined) throw new Error('called before it was told what to serve');
    return serving;
  };
  return {
    // The keys are in place before anything is awaited: a change of theirs may already be on its way.
    async serve({ settings, keys: change, tls }: Assignment) {
      suffixOptional = settings.issuerSuffixOptional;
      keys.apply(change, suffixOptional);
      serving = startServing(settings, { keys, tls }, audit.write, report);
      return (await serving).listen;
    },
    async changeKeys(change) {
      keys.apply(change, suffixOptional);
    },
    async reload({ settings, keys: change, tls }) {
      suffixOptional = settings.issuerSuffixOptional;
      keys = new FollowedKeys();
      keys.apply(change, suffixOptional);
      const means = { keys, tls };
      await (await open()).reload(settings, means);
    },
    probe: async () => (await open()).probe(),
    async stop() {
      // Where it could not be started there is nothing to stop.
      const started = await serving?.catch(() => undefined);
      await started?.stop();
      await audit.close();
      return audit.dropped();
    },
  };
}
