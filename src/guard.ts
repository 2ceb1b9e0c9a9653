// The core's one face: who is calling, as a decision. Remembers which tokens were verified, never for how
// long they are good: times are judged on each call, and a remembered signature dies with its key.
import { LRUCache } from 'lru-cache';
import { allow, type Decision, denyPrincipal, type Principal } from './decision.ts';
import { checkTimes } from './token/claims.ts';
import {
  issuerKeys,
  type KeyLookup,
  type KeySource,
  type TokenRules,
  type VerifiedToken,
  verifyToken,
} from './token/verify.ts';

export interface Guard {
  /** The principal behind a token, or why there is none. `token` is the text after the scheme. */
  authenticate(token: string): Decision<Principal>;
}

interface JudgeOptions {
  readonly rules: TokenRules;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

export interface GuardOptions extends JudgeOptions {
  readonly lookup: KeyLookup;
}

interface Remembered {
  readonly token: VerifiedToken;
  readonly principal: Principal;
}

/** Token text held at most: some 6,000 tokens of an ordinary length. */
const REMEMBERED_BYTES = 4 * 1024 * 1024;

/** A guard whose tokens name a key file of the keys directory. */
export const createGuard = ({ lookup, ...options }: GuardOptions): Guard =>
  createJudge({ ...options, keys: issuerKeys(lookup) });

export function createJudge({ rules, keys, now }: JudgeOptions & { readonly keys: KeySource }): Guard {
  // The key is the token itself: its text is canonical (strict base64url), so one signature has one text.
  // Only verified tokens get in; a flood of bad ones evicts nothing.
  const remembered = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_, token) => token.length,
  });

  const recall = (token: string): Remembered | undefined => {
    const known = remembered.get(token);
    if (known === undefined) return undefined;
    if (keys.holds(known.token)) return known;
    remembered.delete(token);
    return undefined;
  };

  return {
    authenticate(token) {
      let known = recall(token);
      if (known === undefined) {
        const verified = verifyToken(token, rules, keys);
        if (!verified.allowed) return verified;
        known = { token: verified.value, principal: toPrincipal(verified.value) };
        remembered.set(token, known);
      }
      const denial = checkTimes(known.token.claims, rules, now() / 1000);
      return denial === undefined ? allow(known.principal) : denyPrincipal(denial, known.principal);
    },
  };
}

function toPrincipal({ issuer, key, claims }: VerifiedToken): Principal {
  const { bodyEncode, subject, tokenId } = claims;
  return { issuer, thumbprint: key.thumbprint, bodyEncode, subject, tokenId };
}
