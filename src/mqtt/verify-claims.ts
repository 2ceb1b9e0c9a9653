// EMQX's `verify_claims`: claims that must say what the settings ask for, `${clientid}` and `${username}` being what
// the client says of itself. It is what binds a token to a client.
import { type Denial, deny } from '../decision.ts';
import type { JsonObject } from '../token/json.ts';
import { claimOf } from '../token/payload.ts';
import type { ConnectQuestion } from './login.ts';

export interface ClaimDemand {
  readonly name: string;
  /** With placeholders; any other `${…}` is a text. */
  readonly value: string;
}

const PLACEHOLDER = /\$\{(clientid|username)\}/g;

/** The first demand a payload fails. */
export function checkDemands(
  demands: readonly ClaimDemand[],
  payload: JsonObject,
  question: ConnectQuestion,
): Denial | undefined {
  for (const { name, value } of demands) {
    const expected = value.replace(PLACEHOLDER, (_, fact) =>
      fact === 'clientid' ? question.clientId : (question.username ?? ''),
    );
    const denial = checkDemand(name, claimOf(payload, name), expected);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

function checkDemand(name: string, claim: unknown, expected: string): Denial | undefined {
  if (claim === undefined) return deny('claim_missing', `verify_claims asks for ${name}.`);
  if (name === 'aud') return checkAudience(claim, expected);
  // A number never equals its digits: only texts are compared.
  return claim === expected ? undefined : deny('claim_invalid', `verify_claims asks ${name} for another.`);
}

/** RFC 7519 §4.1.3: a text, or a list of texts one of which is meant. */
function checkAudience(claim: unknown, expected: string): Denial | undefined {
  const isText = typeof claim === 'string';
  if (!isText && !Array.isArray(claim))
    return deny('claim_invalid', 'aud must be a text or a list of texts.');
  const isMet = isText ? claim !== '' && claim === expected : claim.includes(expected);
  return isMet ? undefined : deny('audience_mismatch');
}

/** The facts of a client that the demands bind to the token: each stands alone in some demand's value. */
export function listBound(demands: readonly ClaimDemand[]): ReadonlySet<string> {
  const alone = demands
    .map(({ value }) => [...value.matchAll(PLACEHOLDER)].map(([, fact]) => fact as string))
    .filter((facts) => facts.length === 1);
  return new Set(alone.flat());
}
