// Bytes of a body that are kept until they can be sent: in one piece, however small the chunks they came in, and within
// an allowance. Frees the memory that it has made.
import type { Allowance } from './allowance.ts';
import { free } from './body-memory.ts';

/**
 * So much of each body is not counted, as little as of its head: the small bodies that almost all calls have pass
 * beside whatever somebody else has the guard collect.
 */
const UNCOUNTED_BYTES = 4 * 1024;
const EMPTY = Buffer.alloc(0);

export class Collected {
  private readonly allowance: Allowance;
  private readonly caller: string;
  private readonly most: number;
  private memory: Buffer = EMPTY;
  private length = 0;
  private counted = 0;

  /** @param most it will not be longer than that */
  constructor(allowance: Allowance, caller: string, most = allowance.most) {
    this.allowance = allowance;
    this.caller = caller;
    this.most = most;
  }

  /**
   * @param chunk the first one is kept as it is: it has to be nobody else's
   * @returns false where the allowance has no room for it
   */
  append(chunk: Buffer): boolean {
    const needed = this.length + chunk.length;
    if (needed > this.memory.length && !this.grow(needed, chunk)) return false;
    if (this.memory !== chunk) chunk.copy(this.memory, this.length);
    this.length = needed;
    return true;
  }

  bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  /** Other bytes in their place, which count as these did. */
  replace(bytes: Buffer): void {
    free(this.memory);
    this.memory = bytes;
    this.length = bytes.length;
  }

  /** Frees what is collected: nobody may read it any more. */
  readonly free = (): void => {
    free(this.memory);
    this.forget();
  };

  /** The same, where somebody may still read it: the memory is left to the garbage collector. */
  forget(): void {
    this.memory = EMPTY;
    this.length = 0;
    this.allowance.give(this.caller, this.counted);
    this.counted = 0;
  }

  private grow(needed: number, chunk: Buffer): boolean {
    const isFirst = this.memory.length === 0;
    const size = isFirst ? needed : Math.max(needed, Math.min(2 * this.memory.length, this.most));
    const counted = Math.max(0, size - UNCOUNTED_BYTES);
    if (!this.allowance.take(this.caller, counted - this.counted)) return false;
    this.counted = counted;
    if (isFirst) {
      this.memory = chunk;
      return true;
    }
    const grown = Buffer.allocUnsafeSlow(size);
    this.memory.copy(grown, 0, 0, this.length);
    free(this.memory);
    this.memory = grown;
    return true;
  }
}
