// Reads a body as far as it has to be there before anything is sent: a small one whole, of a large one the first part. One
// whose topics are judged is read whole, and is another value from there on.
import type { Denial } from '../decision.ts';
import { Pending } from '../pending.ts';
import { type BodyLimits, denyTooLarge, type Opening, RequestBody } from '../proxy/body.ts';
import { judgePublish, MAX_JUDGED_BYTES } from './judge-publish.ts';
import type { RequestState } from './state.ts';
import { defineStep, type GuardContext, type Next, type Step } from './step.ts';

export const openBody = (limits: BodyLimits): Step => {
  const judged = { ...limits, maxBodyBytes: Math.min(limits.maxBodyBytes, MAX_JUDGED_BYTES) };
  return defineStep((ctx, next) => {
    const { exchange } = ctx;
    const { head, res } = exchange;
    const isJudged = exchange.grant?.publish !== undefined;
    const denial = isJudged ? judgeLength(exchange, judged.maxBodyBytes) : undefined;
    if (denial !== undefined) return denial;
    if (head?.expectsContinue) res.writeContinue();
    if (!head?.announcesBody) return isJudged ? (judgePublish(exchange, undefined) ?? next(ctx)) : next(ctx);
    const body = makeBody(exchange, isJudged ? judged : limits, isJudged);
    exchange.body = body;
    res.once('close', () => body.stop());
    return body.open().then((opening) => proceed(ctx, body, opening, next));
  });
};

function judgeLength({ head }: RequestState, most: number): Denial | undefined {
  return (head?.contentLength ?? 0) > most ? denyTooLarge(most, ' where topics are judged') : undefined;
}

function makeBody({ req, head, principal }: RequestState, limits: BodyLimits, isWhole: boolean): RequestBody {
  if (principal === undefined) throw new Error('a body is not read before its caller is known');
  const { issuer: caller } = principal;
  return new RequestBody(req, { contentLength: head?.contentLength, caller, isWhole }, limits);
}

function proceed(
  ctx: GuardContext,
  body: RequestBody,
  opening: Opening,
  next: Next,
): Denial | undefined | Promise<Denial | undefined> {
  const { exchange } = ctx;
  if (opening === 'ready') {
    const denial = exchange.grant?.publish === undefined ? undefined : judgePublish(exchange, body);
    if (denial !== undefined) return denial;
    const outcome = next(ctx);
    return outcome instanceof Pending ? outcome.toPromise() : outcome;
  }
  if (opening !== 'gone') return opening;
  // Nobody is left to be answered: the closed response leaves the record.
  ctx.respond = false;
  exchange.res.destroy();
  return undefined;
}
