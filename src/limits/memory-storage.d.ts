// The one part of rate-limiter-flexible that is used, which its own types leave out. It keeps and forgets counts at once; the
// limiters around it answer with promises, and loading them loads an adapter for each database there is: 11 MB.
declare module 'rate-limiter-flexible/lib/component/MemoryStorage/MemoryStorage.js' {
  import type { RateLimiterRes } from 'rate-limiter-flexible';

  export default class MemoryStorage {
    /** Begins at 0 where the key is not known, or its time is over: `durationSec` runs from then. */
    incrby(key: string, value: number, durationSec: number): RateLimiterRes;
    set(key: string, value: number, durationSec: number): RateLimiterRes;
    /** What has expired may still be there, with no time left. */
    get(key: string): RateLimiterRes | null;
    delete(key: string): boolean;
  }
}
