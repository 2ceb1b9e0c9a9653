// The error boundary: what breaks below ends here, as a denial that tells the caller nothing of it and the operator all.
import { type Denial, deny } from '../decision.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** @param report takes one line for the operator */
export const denyFailures = (report: (line: string) => void): Step =>
  defineStep((ctx, next) => {
    try {
      const outcome = next(ctx);
      if (!(outcome instanceof Promise)) return outcome;
      return outcome.catch((error: unknown) => denyFailure(ctx.state, error, report));
    } catch (error) {
      return denyFailure(ctx.state, error, report);
    }
  });

export function denyFailure(state: RequestState, error: unknown, report: (line: string) => void): Denial {
  const { id, res } = state;
  const why = error instanceof Error ? error.stack : 'unknown';
  report(`request ${id} failed inside the guard: ${why}`);
  // Fields that were meant for another answer.
  if (!res.headersSent) for (const name of res.getHeaderNames()) res.removeHeader(name);
  return deny('guard_failed');
}
