// An audit log that keeps its records in an array.
import { FollowedState } from '../../src/followed.ts';
import type { EventRecord } from '../../src/observe/audit/event.ts';
import type { AuditLog } from '../../src/observe/audit/log.ts';
import type { AuditRecord } from '../../src/observe/audit/record.ts';

export interface KeptRecords extends AuditLog {
  /** Of requests. */
  readonly records: AuditRecord[];
  /** Of the guard itself. */
  readonly events: EventRecord[];
  readonly available: FollowedState<boolean>;
}

export function keepRecords(): KeptRecords {
  const records: AuditRecord[] = [];
  const events: EventRecord[] = [];
  return {
    records,
    events,
    write: (record) => void (record.type === 'audit' ? records.push(record) : events.push(record)),
    relay: () => undefined,
    available: new FollowedState(true),
    use: () => undefined,
    countLost: () => undefined,
    dropped: () => 0,
    close: async () => undefined,
  };
}
