// A record as one short line, for somebody who watches a terminal. Whatever reads records reads JSON.
import type { EventRecord } from './event.ts';
import type { AuditRecord } from './record.ts';

/** Undefined where standard error has told it already. */
export function toShortLine(record: AuditRecord | EventRecord): string | undefined {
  if (record.type !== 'audit') return undefined;
  const { issuer, subject, claimed_issuer: claimed } = record;
  const who = issuer === undefined ? claimed && `(${claimed}?)` : subject ? `${issuer} (${subject})` : issuer;
  const parts = [
    formatClock(record.time),
    record.outcome.padEnd(7),
    record.method,
    record.path ?? record.target,
    record.status,
    record.reason,
    who,
    record.action,
    `${record.duration_ms} ms`,
    `from ${record.client ?? 'a socket'}`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** As the clock on the wall beside the terminal has it. */
const formatClock = (time: string): string => new Date(time).toTimeString().slice(0, 8);
