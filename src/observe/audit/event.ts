// Records of what happened to the guard itself: starts, stops, settings read again, keys that came, changed or went.
// Released words, as in the records of requests.

import type { RevocationRecord } from './revocation-record.ts';

interface Event {
  /** ISO 8601, UTC. */
  readonly time: string;
}

export interface StartRecord extends Event {
  readonly type: 'start';
  readonly version: string;
  readonly pid: number;
  readonly listen: string;
  readonly service: string;
  readonly workers: number;
}

export interface StopRecord extends Event {
  readonly type: 'stop';
  readonly pid: number;
}

export interface ReloadRecord extends Event {
  readonly type: 'reload';
  readonly outcome: 'done' | 'refused';
  /** Why nothing was changed. */
  readonly message?: string;
}

export interface KeyRecord extends Event {
  readonly type: 'key';
  readonly issuer: string;
  /** `rules`: its keys are the same, what they may do is not. */
  readonly change: 'added' | 'changed' | 'removed' | 'rules';
  readonly usable: boolean;
  /** RFC 7638 thumbprints of what is usable now. */
  readonly keys: readonly string[];
  /** Why it is not usable. */
  readonly reason?: string;
}

export type EventRecord = StartRecord | StopRecord | ReloadRecord | KeyRecord | RevocationRecord;
