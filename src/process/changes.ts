// What has changed of who gets in: keys, revocations, or the whole core with other settings. Whoever holds logins hears of it,
// and each change of keys and each revocation leaves its audit record.
import type { Core } from '../core.ts';
import { type Followed, FollowedState } from '../followed.ts';
import type { Snapshot } from '../keystore/snapshot.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { toRevocationRecord } from '../observe/audit/revocation-record.ts';
import { describeKeyChanges } from './key-records.ts';

export class CoreChanges implements Pick<Followed<Core>, 'follow'> {
  readonly #state: FollowedState<Core>;
  readonly #audit: AuditLog;
  readonly #now: () => number;
  #keys: Snapshot;
  #keyChanges = 0;

  /** @param now Unix time in milliseconds */
  constructor(core: Core, audit: AuditLog, now: () => number) {
    this.#state = new FollowedState(core);
    this.#audit = audit;
    this.#now = now;
    this.#keys = core.keys.snapshot();
    this.#hear(core, undefined);
  }

  /** How often keys have changed since the start. */
  get keyChanges(): number {
    return this.#keyChanges;
  }

  follow(listener: (core: Core) => void): () => void {
    return this.#state.follow(listener);
  }

  /** Another core is in place; the one before is closed, and tells nothing any more. */
  take(core: Core): void {
    this.#recordKeys(core.keys.snapshot());
    this.#hear(core, this.#state.current());
    this.#state.change(core);
  }

  #hear(core: Core, before: Core | undefined): void {
    core.keys.follow((snapshot) => {
      this.#recordKeys(snapshot);
      this.#state.change(core);
    });
    if (core.revocations === before?.revocations) return;
    core.revocations.follow((added) => {
      for (const revocation of added) this.#audit.write(toRevocationRecord(revocation, this.#now()));
      this.#state.change(this.#state.current());
    });
  }

  #recordKeys(now: Snapshot): void {
    const records = describeKeyChanges(this.#keys, now, new Date(this.#now()).toISOString());
    for (const record of records) this.#audit.write(record);
    if (records.length > 0) this.#keyChanges++;
    this.#keys = now;
  }
}
