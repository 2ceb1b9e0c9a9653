// Where audit records go: JSON lines on a file descriptor, written behind the requests. A slow or broken
// sink never stops the guard; what it could not take is counted.
import { type Followed, FollowedState } from '../../followed.ts';
import { toPrintable } from '../printable.ts';
import type { EventRecord } from './event.ts';
import { closeAuditOutput, STDOUT } from './output.ts';
import type { AuditRecord } from './record.ts';
import { toShortLine } from './short-line.ts';
import { openSink } from './sink.ts';

export interface AuditLog {
  write(record: AuditRecord | EventRecord): void;
  /** Takes a record that another process has already made a line of, with its line end. */
  relay(line: string): void;
  /** Whether records can be written at the moment, as far as is known: the next one finds out. */
  readonly available: Followed<boolean>;
  /** Takes another descriptor for what comes from now on; the one before is closed when its last record is out. */
  use(fd: number): void;
  /** Records that another process has lost. */
  countLost(count: number): void;
  /** Records lost so far: the sink was too slow, full or gone. */
  dropped(): number;
  /** Writes out what is buffered, for two seconds at most; `dropped` is exact then. To be called once, at the end. */
  close(): Promise<void>;
}

export interface AuditLogOptions {
  /** See output.ts. */
  readonly fd: number;
  /** Told once when the sink breaks, and once when it works again. */
  readonly report: (line: string) => void;
  /** Somebody watches standard output: records that go there are short lines in the place of JSON. */
  readonly isWatched?: boolean;
}

/** Characters held for a slow reader; beyond that records are dropped. */
const MAX_WAITING = 8 * 1024 * 1024;

export function openAuditLog({ fd, report, isWatched = false }: AuditLogOptions): AuditLog {
  const available = new FollowedState(true);
  const sink = openSink({
    fd,
    close: closeAuditOutput,
    maxWaitingBytes: MAX_WAITING,
    onError: (code) => report(`audit records cannot be written (${code}); ${GOES_ON}`),
    onRecovery: (lost) => report(`audit records are written again; ${lost} are lost`),
    onState: (isTaking) => available.change(isTaking),
  });
  let lostElsewhere = 0;
  let isForPeople = isWatched && fd === STDOUT;
  const put = (record: AuditRecord | EventRecord): void => {
    const line = isForPeople ? toShortLine(record) : JSON.stringify(record);
    if (line !== undefined) sink.write(`${toPrintable(line)}\n`);
  };
  return {
    write: put,
    relay: (line) => (isForPeople ? put(JSON.parse(line) as AuditRecord) : sink.write(line)),
    available,
    use(next) {
      sink.use(next);
      isForPeople = isWatched && next === STDOUT;
    },
    countLost: (count) => {
      lostElsewhere += count;
    },
    dropped: () => sink.lost() + lostElsewhere,
    close: () => sink.close(),
  };
}

const GOES_ON = 'the guard goes on without, unless guard.audit.required says otherwise';
