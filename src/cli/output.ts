// What a command prints, on its way to a file descriptor: in order, to the last byte, and with the error that a full
// disk gives. process.stdout takes half a write for a whole one where it is a file.
import { write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../files/errno.ts';

/** A pipe whose reader is slow says EAGAIN: asked again after this time. */
const RETRY_MS = 20;

export class Output {
  readonly #fd: number;
  #last: Promise<void> = Promise.resolve();
  #error: string | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  print(text: string): void {
    this.#last = this.#last.then(() => this.#write(Buffer.from(text)));
  }

  /** Waits for what was printed. Gives the system's error where not all of it went out, such as `ENOSPC`. */
  async finish(): Promise<string | undefined> {
    await this.#last;
    return this.#error;
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0 && this.#error === undefined; ) {
      rest = rest.subarray(await this.#writeSome(rest));
    }
  }

  async #writeSome(bytes: Buffer): Promise<number> {
    try {
      return (await promisify(write)(this.#fd, bytes)).bytesWritten;
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') await delay(RETRY_MS);
      else this.#error = codeOf(error);
      return 0;
    }
  }
}
