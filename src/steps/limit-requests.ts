// How many requests a second a caller may make: whoever the token names, by issuer and subject.
import { type Denial, denyTooMany } from '../decision.ts';
import type { RequestRate } from '../limits/request-rate.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** @param rate undefined where it is not limited */
export function limitRequests(rate: RequestRate | undefined): Step {
  if (rate === undefined) return defineStep((ctx, next) => next(ctx));
  return defineStep((ctx, next) => judge(ctx.exchange, rate) ?? next(ctx));
}

function judge({ principal }: RequestState, rate: RequestRate): Denial | undefined {
  // What is open to nobody in particular has nobody to count for.
  if (principal === undefined) return undefined;
  const { issuer, subject = '' } = principal;
  // No issuer's name has a blank.
  if (rate.take(`${issuer} ${subject}`)) return undefined;
  return denyTooMany(`This caller may make ${rate.perSecond} a second.`, 1, { principal });
}
