// Where audit records go: JSON lines on a file descriptor, written behind the requests. A slow or broken
// sink never stops the guard; what it could not take is counted.
import { toPrintable } from '../printable.ts';
import type { AuditRecord } from './record.ts';
import { openSink } from './sink.ts';

export interface AuditLog {
  write(record: AuditRecord): void;
  /** Takes a record that another process has already made a line of, with its line end. */
  relay(line: string): void;
  /** Records that another process has lost. */
  countLost(count: number): void;
  /** Records lost so far: the sink was too slow, full or gone. */
  dropped(): number;
  /** Writes out what is buffered, for two seconds at most; `dropped` is exact then. To be called once, at the end. */
  close(): Promise<void>;
}

/** Characters held for a slow reader; beyond that records are dropped. */
const MAX_WAITING = 8 * 1024 * 1024;

/**
 * @param fd 1 for standard output
 * @param report told once when the sink breaks, and once when it works again
 */
export function openAuditLog(fd: number, report: (line: string) => void): AuditLog {
  const sink = openSink({
    fd,
    maxWaitingBytes: MAX_WAITING,
    onError: (code) => report(`audit records cannot be written (${code}); the guard goes on without`),
    onRecovery: (lost) => report(`audit records are written again; ${lost} are lost`),
  });
  let lostElsewhere = 0;
  return {
    write: (record) => sink.write(`${toPrintable(JSON.stringify(record))}\n`),
    relay: (line) => sink.write(line),
    countLost: (count) => {
      lostElsewhere += count;
    },
    dropped: () => sink.lost() + lostElsewhere,
    close: () => sink.close(),
  };
}
