// What the caller may do: the action of method and path, by the rules of its issuer.
import type { Guard } from '../guard.ts';
import { defineStep, type Step } from './step.ts';

export const authorize = (guard: Guard): Step =>
  defineStep((ctx, next) => {
    const { exchange } = ctx;
    const granted = guard.authorize(exchange.principal, exchange);
    if (!granted.allowed) return granted;
    exchange.grant = granted.value;
    return next(ctx);
  });
