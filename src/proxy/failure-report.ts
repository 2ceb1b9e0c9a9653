// Why calls to the broker fail, told to the operator once in a while: a refused certificate or a garbled answer
// would otherwise look like any other 502.
import { LateBodyError } from '../upstream/failures.ts';

/** The same cause is not repeated for this long. */
const QUIET_MS = 60_000;

/**
 * @param report takes one line
 * @param tick monotonic milliseconds
 */
export function createFailureReport(
  report: (line: string) => void,
  tick: () => number,
): (error: Error) => void {
  const told = new Map<string, number>();
  return (error) => {
    // What the client did is in its audit record.
    if (error instanceof LateBodyError) return;
    const cause = describeCause(error);
    const now = tick();
    if (now - (told.get(cause) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    told.set(cause, now);
    report(`a call to the broker failed: ${cause} (said once a minute at most)`);
  };
}

/** System and TLS codes say more than their texts; the guard's own errors have no code that a person knows. */
function describeCause(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return /^(?:E[A-Z]+|.*(?:CERT|SSL|TLS|HOSTNAME).*)$/.test(code) ? code : error.message;
}
