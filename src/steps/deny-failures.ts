// The error boundary: what breaks below ends here, as a denial that tells the caller nothing of it and the operator all.
// An error that carries a status of its own (`ctx.throw`) is an answer that somebody has chosen, and goes on to Koa.
import { inspect } from 'node:util';
import { type Denial, deny } from '../decision.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import type { RequestState } from './state.ts';
import { defineStep, type GuardContext, type Step } from './step.ts';

/** @param say takes one line for the operator */
export const denyFailures = (say: SeldomReport): Step =>
  defineStep((ctx, next) => {
    try {
      const outcome = next(ctx);
      if (!(outcome instanceof Promise)) return outcome;
      return outcome.catch((error: unknown) => contain(ctx, error, say));
    } catch (error) {
      return contain(ctx, error, say);
    }
  });

function contain(ctx: GuardContext, error: unknown, say: SeldomReport): Denial {
  if (isChosenAnswer(error)) throw error;
  return denyFailure(ctx.exchange, describeFailure(error), say);
}

/** Koa answers it with its own status (and with its words, where `expose` says so). */
export const isChosenAnswer = (error: unknown): boolean => {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
};

const describeFailure = (error: unknown): string => `failed inside the guard: ${printError(error)}`;

export const printError = (error: unknown): string =>
  error instanceof Error && error.stack !== undefined ? error.stack : inspect(error);

/** @param what finishes the operator's sentence "request ID ..." */
export function denyFailure(state: RequestState, what: string, say: SeldomReport): Denial {
  const { id, res } = state;
  say(`request ${id} ${what}`, what);
  // Fields that were meant for another answer.
  if (!res.headersSent) for (const name of res.getHeaderNames()) res.removeHeader(name);
  return deny('guard_failed');
}
