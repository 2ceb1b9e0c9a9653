// Steps and other people's middleware, made one function in the order of their `use`. The chain is put together once. A
// step gets the rest of the chain as a plain function; a middleware gets Koa's `next`, which returns a promise.
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

/** A denial from below goes on its way up, whether or not the middleware hands it on, or waits for it. */
async function runForeign(middleware: AnyMiddleware, ctx: GuardContext, next: Next) {
  let below: Promise<Denial | undefined> | undefined;
  const callNext = (): Promise<Denial | undefined> => {
    if (below !== undefined) return Promise.reject(new Error('next() called multiple times'));
    below = settle(next, ctx);
    return below;
  };
  await middleware(ctx as never, callNext);
  // What the middleware has caught is not thrown again.
  return below?.catch(() => undefined);
}

async function settle(next: Next, ctx: GuardContext): Promise<Denial | undefined> {
  const outcome = next(ctx);
  return outcome instanceof Pending ? outcome.toPromise() : outcome;
}
