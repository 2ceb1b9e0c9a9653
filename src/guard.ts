// The core's one face: who is calling, as a decision. Remembers which tokens were verified, never for how
// long they are good: times are judged on each call, and a remembered signature dies with its key.
import { LRUCache } from 'lru-cache';
import { allow, type Decision, denyPrincipal, type Principal } from './decision.ts';
import { checkTimes } from './token/claims.ts';
import { type KeyLookup, type TokenRules, type VerifiedToken, verifyToken } from './token/verify.ts';

export interface Guard {
  /** The principal behind a token, or why there is none. `token` is the text after the scheme. */
  authenticate(token: string): Decision<Principal>;
}

export interface GuardOptions {
  readonly rules: TokenRules;
  readonly lookup: KeyLookup;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

interface Remembered {
  readonly token: VerifiedToken;
  readonly principal: Principal;
}

/** Token text held at most: some 6,000 tokens of an ordinary length. */
const REMEMBERED_BYTES = 4 * 1024 * 1024;

export function createGuard({ rules, lookup, now }: GuardOptions): Guard {
  // The key is the token itself: its text is canonical (strict base64url), so one signature has one text.
  // Only verified tokens get in; a flood of bad ones evicts nothing.
  const remembered = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_, token) => token.length,
  });

  const recall = (token: string): Remembered | undefined => {
    const known = remembered.get(token);
    if (known === undefined) return undefined;
    // Looked up as the token wrote it: a name without its suffix may fit two files by now.
    const filed = lookup(known.token.claimedIssuer);
    if (filed?.usable && filed.keys.includes(known.token.key)) return known;
    remembered.delete(token);
    return undefined;
  };

  return {
    authenticate(token) {
      let known = recall(token);
      if (known === undefined) {
        const verified = verifyToken(token, rules, lookup);
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
