// Steps and other people's middleware, made one function in the order of their `use`. The chain is put together once:
// a step is handed the rest of it as it is, a middleware gets what Koa promises, a `next` that gives a promise.
import type { Middleware } from 'koa';
import type { Denial } from '../decision.ts';
import { Pending } from '../pending.ts';
import { type GuardContext, isStep, type Next, type Outcome } from './step.ts';

type AnyMiddleware = Middleware<never, never>;

export function compose(middleware: readonly object[]): (ctx: GuardContext) => Outcome {
  const end: Next = () => undefined;
  return middleware.reduceRight<Next>(
    (next, one) =>
      isStep(one) ? (ctx) => one(ctx, next) : (ctx) => runForeign(one as AnyMiddleware, ctx, next),
    end,
  );
}

/** A denial from below goes on its way up, whether or not the middleware hands it on. */
async function runForeign(middleware: AnyMiddleware, ctx: GuardContext, next: Next) {
  let isCalled = false;
  let below: Denial | undefined;
  const callNext = async (): Promise<Denial | undefined> => {
    if (isCalled) throw new Error('next() called multiple times');
    isCalled = true;
    const outcome = next(ctx);
    below = await (outcome instanceof Pending ? outcome.toPromise() : outcome);
    return below;
  };
  await middleware(ctx as never, callNext);
  return below;
}
