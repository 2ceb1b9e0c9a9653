// The guarded listener and everything behind it, as far as one process has it: opens it, puts other settings in
// place, drains it. Where several processes share the work, each has one of these (workers/).

import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import type { DenyReason } from '../decision.ts';
import type { IssuerLookup } from '../keystore/lookup.ts';
import { createFrontServer, idleLimitMs, renewTls, type TlsMaterial } from '../listener/http-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import type { AuditRecord } from '../observe/audit/record.ts';
import { openGuarded, tick } from '../server.ts';
import { createTrail } from '../trail.ts';

/** What to change where the address cannot be listened on. */
export const LISTEN_SETTING = 'guard.listen or give --listen';

/** Where keys are looked up; more than that a serving process does not need. */
export interface Keys {
  readonly lookup: IssuerLookup;
}

/** What the settings point to, read by the process that was started. */
export interface Means<K extends Keys = Keys> {
  readonly keys: K;
  readonly tls: TlsMaterial | undefined;
}

export interface Serving<K extends Keys = Keys> {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  /** Asks the broker for an answer: undefined when it gives one, else the reason why not. */
  probe(): Promise<DenyReason | undefined>;
  /** Puts other settings in place; the listener stays. */
  reload(settings: Settings, means: Means<K>): Promise<void>;
  /** Stops accepting and finishes what runs (at most `drainMs`). */
  stop(): Promise<void>;
}

/**
 * @param write takes one audit record
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startServing(
  initial: Settings,
  { keys, tls }: Means,
  write: (record: AuditRecord) => void,
  report: (line: string) => void,
): Promise<Serving> {
  let settings = initial;
  let draining = false;
  const trail = createTrail({ write, now: Date.now, tick, isDraining: () => draining });
  const front = createFrontServer(settings, tls, trail, () => guarded);
  let guarded = openGuarded(settings, keys.lookup, trail, report);
  try {
    await listenOn(front, settings.listen, LISTEN_SETTING);
  } catch (error) {
    guarded.close(true);
    throw error;
  }
  return {
    listen: boundAddress(front, settings.listen),
    probe: () => guarded.probe(),
    async reload(changed, means) {
      const replaced = guarded;
      guarded = openGuarded(changed, means.keys.lookup, trail, report, replaced);
      renewTls(front, means.tls);
      settings = changed;
      front.setTimeout(idleLimitMs(settings));
      replaced.close(false, guarded);
    },
    async stop() {
      draining = true;
      await closeServer(front, settings.drainMs);
      guarded.close(true);
    },
  };
}
