// Patience: waits for what is to come, and fails with what was seen instead.

import { setTimeout as delay } from 'node:timers/promises';

/** For what no contract gives a time: a loaded machine may take long, and nothing waits so long where all is well. */
export const DEADLINE_MS = 30_000;

/** The contract: a change works within a second, however the file moved. */
const CHANGE_MS = 1000;

/** Waits until the condition holds; fails with what was seen when it does not hold in time. */
export async function waitFor<T>(
  look: () => T,
  isDone: (seen: T) => boolean,
  deadlineMs = CHANGE_MS,
): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    const seen = look();
    if (isDone(seen)) return;
    if (performance.now() - startMs > deadlineMs) {
      throw new Error(`not within ${deadlineMs} ms; last seen: ${JSON.stringify(seen)}`);
    }
    await delay(5);
  }
}
