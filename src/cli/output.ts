// What a command prints, on its way to a file descriptor: in order, to the last byte, and with the error that a full
// disk gives. process.stdout takes half a write for a whole one where it is a file.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../files/errno.ts';

/** A pipe whose reader is slow says EAGAIN: asked again after this time. */
const RETRY_MS = 20;

export class Output {
  readonly #fd: number;
  #waiting: Buffer = Buffer.alloc(0);
  #error: string | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** What is reported to standard error after this comes after it, as far as the reader keeps up. */
  print(text: string): void {
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(text)]);
    if (!this.#write()) void this.finish();
  }

  /** Waits for what was printed. Gives the system's error where not all of it went out, such as `ENOSPC`. */
  async finish(): Promise<string | undefined> {
    while (!this.#write()) await delay(RETRY_MS);
    return this.#error;
  }

  /** Whether nothing waits any more. */
  #write(): boolean {
    while (this.#waiting.length > 0 && this.#error === undefined) {
      try {
        this.#waiting = this.#waiting.subarray(writeSync(this.#fd, this.#waiting));
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return false;
        this.#error = codeOf(error);
      }
    }
    return true;
  }
}
