// What serves guarded requests, in this process or in several: how it is probed, read, reloaded and stopped.
import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import type { Core } from '../core.ts';
import type { DenyReason } from '../decision.ts';
import type { Families } from '../observe/metrics/families.ts';
import type { TlsFiles } from './tls-files.ts';

/** What to change where the address cannot be listened on. */
export const LISTEN_SETTING = 'guard.listen or give --listen';
export const SERVICE_SETTING = 'guard.service.listen or give --service-listen';

/** The core of the process that was started, and what else the settings point to. */
export interface Opened {
  readonly core: Core;
  readonly tls: TlsFiles;
}

export interface Serving<M> {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  /** Asks the broker for an answer: undefined when it gives one, else the reason why not. */
  probe(): Promise<DenyReason | undefined>;
  /** What each serving process has counted since its start. */
  metrics(): Promise<readonly Families[]>;
  /** Puts other settings in place; the listener stays. */
  reload(settings: Settings, means: M): Promise<void>;
  /** Stops accepting and finishes what runs (at most `drainMs`). */
  stop(): Promise<void>;
}

/** Monotonic milliseconds: the clock of durations and timeouts. */
export const tick = (): number => performance.now();
