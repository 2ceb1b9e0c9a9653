// Work on many things that leaves the event loop free in between: slices by time, since nobody knows beforehand what
// one thing costs.

import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** How long one turn of the event loop is kept: a request that waits for it hardly notices. */
const SLICE_MS = 4;

/**
 * Resolves with the time worked, in milliseconds. The waits in between do not count, so that a busy process does not
 * look like much work.
 * @param now a monotonic clock in milliseconds
 */
export async function workInSlices<T>(
  things: Iterable<T>,
  work: (thing: T) => void,
  now: () => number = () => performance.now(),
): Promise<number> {
  let workedMs = 0;
  let sinceMs = now();
  for (const thing of things) {
    if (now() - sinceMs >= SLICE_MS) {
      workedMs += now() - sinceMs;
      await yieldToEventLoop();
      sinceMs = now();
    }
    work(thing);
  }
  return workedMs + now() - sinceMs;
}
