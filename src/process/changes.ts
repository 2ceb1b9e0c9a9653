// What has changed of who gets in: keys, revocations, or the whole core with other settings. Whoever holds logins hears of it,
// and each revocation leaves its audit record.
import type { Core } from '../core.ts';
import { type Followed, FollowedState } from '../followed.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { toRevocationRecord } from '../observe/audit/revocation-record.ts';

export class CoreChanges implements Pick<Followed<Core>, 'follow'> {
  readonly #state: FollowedState<Core>;
  readonly #audit: AuditLog;
  readonly #now: () => number;

  /** @param now Unix time in milliseconds */
  constructor(core: Core, audit: AuditLog, now: () => number) {
    this.#state = new FollowedState(core);
    this.#audit = audit;
    this.#now = now;
    this.#hear(core, undefined);
  }

  follow(listener: (core: Core) => void): () => void {
    return this.#state.follow(listener);
  }

  /** Another core is in place; the one before is closed, and tells nothing any more. */
  take(core: Core): void {
    this.#hear(core, this.#state.current());
    this.#state.change(core);
  }

  #hear(core: Core, before: Core | undefined): void {
    core.keys.follow(() => this.#state.change(core));
    if (core.revocations === before?.revocations) return;
    core.revocations.follow((added) => {
      for (const revocation of added) this.#audit.write(toRevocationRecord(revocation, this.#now()));
      this.#state.change(this.#state.current());
    });
  }
}
