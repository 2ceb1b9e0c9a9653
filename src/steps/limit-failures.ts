// Guessing of credentials: whoever sends too many tokens that no key has signed waits before another is looked at. Counted
// by address and by the issuer that the tokens name: nobody else has to wait, and whose token is known to be good never has to.
import { type Denial, denyTooMany, isAboutCredential } from '../decision.ts';
import type { Guard } from '../guard.ts';
import { readBearerToken } from '../http/credential.ts';
import { networkOfHost } from '../http/networks.ts';
import type { FailedAttempts } from '../limits/failed-attempts.ts';
import { Pending } from '../pending.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Outcome, type Step } from './step.ts';

/** @param attempts undefined where they are not limited */
export function limitFailures(guard: Guard, attempts: FailedAttempts | undefined): Step {
  if (attempts === undefined) return defineStep((ctx, next) => next(ctx));
  return defineStep((ctx, next) => {
    const { exchange } = ctx;
    const isQuiet = attempts.isQuiet(exchange.startedAtMs);
    const wait = isQuiet ? undefined : findWait(exchange, guard, attempts);
    if (wait !== undefined) return refuseInTurn(wait, exchange, attempts);
    const outcome = next(ctx);
    if (isFailedAttempt(outcome)) note(exchange, guard, attempts);
    return outcome;
  });
}

function refuseInTurn(wait: Denial, state: RequestState, attempts: FailedAttempts): Outcome {
  // Whoever goes on all the same has to connect anew, as with any refused credential.
  state.connection?.noteRefusedCredential();
  // Whoever hangs up meanwhile has guessed too.
  state.denial = wait;
  const refusal = new Pending<Denial | undefined>();
  attempts.pace.wait(() => refusal.settle(state.res.destroyed ? undefined : wait));
  return refusal;
}

function findWait(state: RequestState, guard: Guard, attempts: FailedAttempts): Denial | undefined {
  const attempt = readAttempt(state, guard);
  if (attempt === undefined || guard.remembers(attempt.token)) return undefined;
  const seconds = attempts.waitSeconds(attempt.key);
  return seconds === 0 ? undefined : denyTooMany(DETAIL, seconds, { claimedIssuer: attempt.claimedIssuer });
}

const DETAIL =
  'Many tokens of this issuer were refused at your address. One that was accepted before still is.';

/**
 * Authentication is judged at once: what is still pending has passed it. A token whose signature was good is nobody's guess,
 * whatever else is wrong with it.
 */
const isFailedAttempt = (outcome: Outcome): boolean =>
  outcome !== undefined &&
  !(outcome instanceof Pending || outcome instanceof Promise) &&
  isAboutCredential(outcome) &&
  outcome.principal === undefined;

function note(state: RequestState, guard: Guard, attempts: FailedAttempts): void {
  const attempt = readAttempt(state, guard);
  if (attempt !== undefined) attempts.note(attempt.key, state.startedAtMs);
}

/** Undefined where no token is sent, and where nobody knows from where. */
function readAttempt({ client, head }: RequestState, guard: Guard) {
  const token = readBearerToken(head?.credentials ?? []);
  if (client === undefined || !token.allowed) return undefined;
  const claimedIssuer = guard.claimedIssuer(token.value);
  return {
    token: token.value,
    claimedIssuer,
    // Issuers that there are and others alike: otherwise the answers would tell which there are.
    key: `${networkOfHost(client)} ${claimedIssuer ?? ''}`,
  };
}
