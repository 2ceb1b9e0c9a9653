// Where audit records go: JSON lines on a file descriptor, written behind the requests. A slow or broken
// sink never stops the guard; what it could not take is counted.
import { destination, pino } from 'pino';
import type { AuditRecord } from './record.ts';

export interface AuditLog {
  write(record: AuditRecord): void;
  /** Records lost so far: the sink was too slow, full or gone. */
  dropped(): number;
  /** Writes out what is buffered. */
  flush(): void;
}

/** Lines held for a slow reader; beyond that they are dropped. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

/**
 * @param fd 1 for standard output
 * @param report told once when the sink breaks, and never again before it has worked
 */
export function openAuditLog(fd: number, report: (line: string) => void): AuditLog {
  let lost = 0;
  let broken = false;
  const sink = destination({ fd, sync: false, maxLength: MAX_BUFFERED_BYTES });
  sink.on('drop', () => lost++);
  sink.on('error', (error: NodeJS.ErrnoException) => {
    if (!broken)
      report(`audit records cannot be written (${error.code ?? 'unknown'}); the guard goes on without`);
    broken = true;
    lost++;
  });
  const logger = pino({ base: null, timestamp: false, formatters: { level: () => ({ type: 'audit' }) } }, sink);
  return {
    write: (record) => logger.info(record),
    dropped: () => lost,
    flush: () => {
      try {
        sink.flushSync();
      } catch {
        // The sink was never opened or is gone: there is nobody to write to.
      }
    },
  };
}
