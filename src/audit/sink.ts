// Lines on their way to a file descriptor, behind whoever writes them: one write at a time, a bound on what
// waits, and an error that costs the lines concerned and nothing else. Knows no record.
import { write, writeSync } from 'node:fs';

export interface Sink {
  /** Takes one line with its line end. Never throws, never waits. */
  write(line: string): void;
  /** Lines lost so far. */
  lost(): number;
  /** Writes out what waits, now; what cannot be written is lost, however full the disk is. */
  flush(): void;
}

export interface SinkOptions {
  readonly fd: number;
  readonly maxWaitingBytes: number;
  /** Told of the first error, and of the first after it has worked again: a system error code. */
  readonly onError: (code: string) => void;
}

interface Batch {
  readonly lines: number;
  readonly bytes: Buffer;
}

/** A pipe whose reader is slow says EAGAIN: asked again after this time. */
const RETRY_MS = 20;
/** How often a flush asks again, since it holds up everything else. */
const MAX_FLUSH_RETRIES = 25;

export function openSink({ fd, maxWaitingBytes, onError }: SinkOptions): Sink {
  let waiting: string[] = [];
  let waitingLength = 0;
  let writing = false;
  let broken = false;
  let lost = 0;

  const takeBatch = (): Batch => {
    const batch = { lines: waiting.length, bytes: Buffer.from(waiting.join('')) };
    waiting = [];
    waitingLength = 0;
    return batch;
  };
  const lose = (lines: number, error: NodeJS.ErrnoException): void => {
    lost += lines;
    if (!broken) onError(error.code ?? 'unknown');
    broken = true;
  };
  const pump = (): void => {
    writing = waiting.length > 0;
    if (writing) put(takeBatch(), 0);
  };
  const put = (batch: Batch, from: number): void => {
    write(fd, batch.bytes, from, (error, count) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(put, RETRY_MS, batch, from);
        return;
      }
      if (error) lose(batch.lines, error);
      else if (from + count < batch.bytes.length) return put(batch, from + count);
      else broken = false;
      pump();
    });
  };

  return {
    write(line) {
      if (waitingLength + line.length > maxWaitingBytes) {
        lost++;
        return;
      }
      waiting.push(line);
      waitingLength += line.length;
      if (writing) return;
      writing = true;
      // The lines of one turn of the event loop go out in one write.
      setImmediate(pump);
    },
    lost: () => lost,
    flush() {
      const batch = takeBatch();
      try {
        writeWhole(fd, batch.bytes);
      } catch (error) {
        lose(batch.lines, error as NodeJS.ErrnoException);
      }
    },
  };
}

function writeWhole(fd: number, bytes: Buffer): void {
  let retries = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++retries > MAX_FLUSH_RETRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
