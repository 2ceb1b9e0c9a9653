// Why calls to the broker fail, told to the operator: a refused certificate or a garbled answer would otherwise look
// like any other 502.
import type { SeldomReport } from '../observe/seldom.ts';
import { LateBodyError } from '../upstream/failures.ts';

export const createFailureReport =
  (say: SeldomReport) =>
  (error: Error): void => {
    // What the client did is in its audit record.
    if (error instanceof LateBodyError) return;
    say(`a call to the broker failed: ${describeCause(error)} (said once a minute at most)`);
  };

/** System and TLS codes say more than their texts; the guard's own errors have no code that a person knows. */
function describeCause(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return /^(?:E[A-Z]+|.*(?:CERT|SSL|TLS|HOSTNAME).*)$/.test(code) ? code : error.message;
}
