// Reads a body as far as it has to be there before anything is sent: a small one whole, of a large one the first part.
import type { Denial } from '../decision.ts';
import { Pending } from '../pending.ts';
import { type BodyLimits, type Opening, RequestBody } from '../proxy/body.ts';
import { defineStep, type GuardContext, type Next, type Step } from './step.ts';

export const openBody = (limits: BodyLimits): Step =>
  defineStep((ctx, next) => {
    const { head, req, res, principal } = ctx.exchange;
    if (head?.expectsContinue) res.writeContinue();
    if (!head?.announcesBody) return next(ctx);
    if (principal === undefined) throw new Error('a body is not read before its caller is known');
    const body = new RequestBody(
      req,
      { contentLength: head.contentLength, caller: principal.issuer },
      limits,
    );
    ctx.exchange.body = body;
    res.once('close', () => body.stop());
    return body.open().then((opening) => proceed(ctx, opening, next));
  });

function proceed(
  ctx: GuardContext,
  opening: Opening,
  next: Next,
): Denial | undefined | Promise<Denial | undefined> {
  if (opening === 'ready') {
    const outcome = next(ctx);
    return outcome instanceof Pending ? outcome.toPromise() : outcome;
  }
  if (opening !== 'gone') return opening;
  // Nobody is left to be answered: the closed response leaves the record.
  ctx.respond = false;
  ctx.exchange.res.destroy();
  return undefined;
}
