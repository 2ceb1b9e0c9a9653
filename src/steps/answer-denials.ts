// The one step that writes refusals: a denial that comes back becomes status, challenge and code.
import { type Denial, isAboutCredential } from '../decision.ts';
import { writeRefusal } from '../http/refusal.ts';
import { Pending } from '../pending.ts';
import type { RequestState } from './state.ts';
import { defineStep, type GuardContext, type Step } from './step.ts';

export const answerDenials = (): Step =>
  defineStep((ctx, next) => {
    const outcome = next(ctx);
    if (outcome instanceof Pending) {
      // What is pending is nothing that Koa could answer now.
      ctx.respond = false;
      outcome.listen(answerLate, ctx);
      return outcome;
    }
    if (outcome instanceof Promise) return outcome.then((denial) => answer(ctx, denial));
    return answer(ctx, outcome);
  });

/** Whoever tells what is pending knows nothing of HTTP: what goes wrong here is not its trouble. */
function answerLate(denial: Denial | undefined, ctx: GuardContext): void {
  try {
    answer(ctx, denial);
  } catch (error) {
    ctx.onerror(error as Error);
  }
}

function answer(ctx: GuardContext, denial: Denial | undefined): undefined {
  if (denial === undefined) return;
  ctx.respond = false;
  refuse(ctx.exchange, denial);
}

/** Half an answer that is out already can only be cut off: a broken connection tells that the rest is missing. */
export function refuse(state: RequestState, denial: Denial, write = writeRefusal): void {
  const { res, answerFields } = state;
  state.denial = denial;
  if (isAboutCredential(denial)) state.connection?.noteRefusedCredential();
  if (res.headersSent) res.destroy();
  else {
    const options = { requestId: state.id, close: state.endsConnection(), fields: answerFields };
    state.refusalBytes = write(res, denial, options);
  }
}
