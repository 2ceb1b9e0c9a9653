// Lines on their way to a file descriptor, behind whoever writes them: one write at a time, a bound on what
// waits, and an error that costs the lines concerned and nothing else. Knows no record.
import { write } from 'node:fs';
import { endsWithinLine } from './output.ts';

export interface Sink {
  /** Takes one line with its line end. Never throws, never waits. */
  write(line: string): void;
  /** Takes another descriptor for the lines that come; the one before is closed when its last line is out. */
  use(fd: number): void;
  /** Lines lost so far: those of which a byte was not taken. */
  lost(): number;
  /**
   * Writes out what waits and ends. What is not taken within two seconds is lost, and no timer is left that would
   * hold up the end of the process; a line that comes later is lost as well.
   */
  close(): Promise<void>;
}

export interface SinkOptions {
  readonly fd: number;
  /** Called for a descriptor that another one has replaced. */
  readonly close: (fd: number) => void;
  readonly maxWaitingBytes: number;
  /** Told of the first error, and of the first after it has worked again: a system error code. */
  readonly onError: (code: string) => void;
  /** Told when it works again: how many lines are lost so far. */
  readonly onRecovery: (lost: number) => void;
  /** Told whether lines are taken, whenever that changes: not while they cannot be written, or too many wait. */
  readonly onState: (isTaking: boolean) => void;
}

/** Lines wait for company: a write of their own for each would cost several times as much as the lines. */
const COMPANY_MS = 50;
/** This much is company enough. */
const BATCH_LENGTH = 64 * 1024;
/** A pipe whose reader is slow says EAGAIN: asked again after this time. */
const RETRY_MS = 20;
/** A reader that is stuck must not hold up the end for longer. */
const CLOSE_MS = 2000;
const LINE_END = 0x0a;

export function openSink(options: SinkOptions): Sink {
  return new DescriptorSink(options);
}

class DescriptorSink implements Sink {
  readonly #options: SinkOptions;
  #fd: number;
  /** Another descriptor, until the present one has its last line. */
  #next: number | undefined;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** What is being written, and how many bytes of it are out. */
  #batch: Buffer | undefined;
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;
  #isBroken = false;
  #isTaking = true;
  /** The last byte out is not the end of its line: what follows must begin on a line of its own. */
  #isTorn = false;
  #isEnded = false;
  /** Set once the sink is closing. */
  #onDrained: (() => void) | undefined;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#fd = options.fd;
    this.#isTorn = endsWithinLine(options.fd);
  }

  write(line: string): void {
    if (this.#isEnded || this.#waitingLength + line.length > this.#options.maxWaitingBytes) {
      this.#lost++;
      this.#tellState();
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#schedule();
  }

  use(fd: number): void {
    if (this.#next !== undefined) this.#options.close(this.#next);
    this.#next = fd;
    // What waits belongs to the file that is to be put away: it came before.
    if (this.#waiting.length > 0 && this.#batch === undefined) this.#pump();
    else if (this.#batch === undefined) this.#switch();
  }

  lost(): number {
    return this.#lost;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(resolve, CLOSE_MS);
      this.#onDrained = () => {
        clearTimeout(giveUp);
        resolve();
      };
      this.#schedule();
    });
    this.#end();
  }

  #switch(): void {
    if (this.#next === undefined) return;
    this.#options.close(this.#fd);
    this.#fd = this.#next;
    this.#next = undefined;
    // It may be the same file as before: not everybody who sends the signal has moved it away.
    this.#isTorn = endsWithinLine(this.#fd);
  }

  /** A line more could still come in: half of the room is left. */
  #tellState(): void {
    const isTaking = !this.#isBroken && this.#waitingLength < this.#options.maxWaitingBytes / 2;
    if (isTaking === this.#isTaking) return;
    this.#isTaking = isTaking;
    this.#options.onState(isTaking);
  }

  #end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#lost += this.#waiting.length + this.#countUnwritten();
    this.#waiting = [];
    this.#batch = undefined;
  }

  #schedule(): void {
    if (this.#batch !== undefined) return;
    if (this.#waitingLength === 0) this.#onDrained?.();
    else if (this.#waitingLength >= BATCH_LENGTH || this.#onDrained !== undefined) this.#pump();
    else this.#timer ??= setTimeout(() => this.#pump(), COMPANY_MS).unref();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#batch = Buffer.from((this.#isTorn ? '\n' : '') + this.#waiting.join(''));
    this.#written = 0;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#put(this.#batch);
  }

  #put(batch: Buffer): void {
    write(this.#fd, batch, this.#written, (error, count) => {
      if (this.#isEnded) return;
      if (error?.code === 'EAGAIN') {
        this.#timer = setTimeout(() => this.#retry(batch), RETRY_MS).unref();
        return;
      }
      if (error) return this.#lose(error);
      this.#written += count;
      if (this.#written < batch.length) return this.#put(batch);
      this.#recover();
      this.#finishBatch();
    });
  }

  #retry(batch: Buffer): void {
    // Left in place, it would be taken for the timer of the lines that come after.
    this.#timer = undefined;
    this.#put(batch);
  }

  #recover(): void {
    this.#isTorn = false;
    if (!this.#isBroken) return;
    this.#isBroken = false;
    this.#options.onRecovery(this.#lost);
  }

  #lose({ code }: NodeJS.ErrnoException): void {
    this.#lost += this.#countUnwritten();
    if (this.#written > 0) this.#isTorn = this.#batch?.[this.#written - 1] !== LINE_END;
    if (!this.#isBroken) this.#options.onError(code ?? 'unknown');
    this.#isBroken = true;
    this.#finishBatch();
  }

  #finishBatch(): void {
    this.#batch = undefined;
    this.#tellState();
    this.#switch();
    this.#schedule();
  }

  /** A line of which some bytes are missing has not been written; its end alone may be. */
  #countUnwritten(): number {
    const unwritten = this.#batch?.subarray(this.#written) ?? [];
    let count = 0;
    for (const byte of unwritten) if (byte === LINE_END) count++;
    return unwritten[0] === LINE_END ? count - 1 : count;
  }
}
