// Who is calling: credential, issuer, key, signature and claims, which is the guard's one question.
import type { Denial } from '../decision.ts';
import type { Guard } from '../guard.ts';
import { readBearerToken } from '../http/credential.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

export const authenticate = (guard: Guard): Step =>
  defineStep((ctx, next) => {
    const denial = judgeCredential(ctx.exchange, guard);
    return denial === undefined || isOpen(denial, ctx.exchange, guard) ? next(ctx) : denial;
  });

/** What is open asks for no token; one that is sent has to be good all the same. */
const isOpen = ({ reason }: Denial, state: RequestState, guard: Guard): boolean =>
  reason === 'token_missing' && guard.authorize(undefined, state).allowed;

export function judgeCredential(state: RequestState, guard: Guard): Denial | undefined {
  const token = readBearerToken(state.head?.credentials ?? []);
  if (!token.allowed) return token;
  const decision = guard.authenticate(token.value);
  if (!decision.allowed) return decision;
  state.principal = decision.value;
  return undefined;
}
