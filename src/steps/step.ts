// What a step is: a Koa middleware that resolves with the denial it found, or lets the request pass. A denial is a value
// and has one way, up, to the one step that writes answers.
import type { ParameterizedContext } from 'koa';
import type { Denial } from '../decision.ts';
import type { Pending } from '../pending.ts';
import type { RequestState } from './state.ts';

export type GuardContext = ParameterizedContext & { readonly exchange: RequestState };

/** A step that has nothing to wait for answers at once: a promise for each would cost more than most of the steps. */
export type Outcome = Denial | undefined | Pending<Denial | undefined> | Promise<Denial | undefined>;

/** `next` takes the context, so that one function serves all requests. Koa's own `next` ignores it. */
export type Next = (ctx: GuardContext) => Outcome;

export type Step = (ctx: GuardContext, next: Next) => Outcome;

const STEPS = new WeakSet<object>();

/** Marks one of the guard's own steps, which may return a plain value. */
export function defineStep(step: Step): Step {
  STEPS.add(step);
  return step;
}

export const isStep = (middleware: object): middleware is Step => STEPS.has(middleware);
