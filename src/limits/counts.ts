// How often each key has come up lately. However many keys callers make up, so much of them is remembered and no more: the
// one that was asked for the longest ago goes first. Knows nothing of what it counts.
import { LRUCache } from 'lru-cache';
import MemoryStorage from 'rate-limiter-flexible/lib/component/MemoryStorage/MemoryStorage.js';

/** What a key takes besides its text. */
const ENTRY_BYTES = 600;
const REMEMBERED_BYTES = 4 * 1024 * 1024;

export class Counts {
  private readonly storage = new MemoryStorage();
  private readonly keys = new LRUCache<string, true>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_, key) => key.length + ENTRY_BYTES,
    dispose: (_, key) => void this.storage.delete(key),
  });

  /** @returns how often it has come up with this time, since `seconds` began to run at the first */
  add(key: string, seconds: number): number {
    this.remember(key);
    return this.storage.incrby(key, 1, seconds).consumedPoints;
  }

  /** Keeps the key for so long, whatever there was of it. */
  hold(key: string, seconds: number): void {
    this.remember(key);
    this.storage.set(key, 1, seconds);
  }

  /** Milliseconds until the key is forgotten; 0 where it is not known. */
  remaining(key: string): number {
    return Math.max(0, this.storage.get(key)?.msBeforeNext ?? 0);
  }

  private remember(key: string): void {
    if (this.keys.get(key) === undefined) this.keys.set(key, true);
  }
}
