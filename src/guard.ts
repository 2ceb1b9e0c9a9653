// The core's one face: who is calling and what they may do, as decisions. Remembers which tokens were verified, never for how
// long they are good: times, revocations and rights are judged on each call, and a remembered signature dies with its key.
import { LRUCache } from 'lru-cache';
import { allow, type Decision, type Denial, deny, denyPrincipal, type Principal } from './decision.ts';
import type { Permit } from './policy/permit.ts';
import type { Asked, FiledIssuer, Policy } from './policy/policy.ts';
import type { Revocations } from './revocation/revoked.ts';
import { checkTimes } from './token/claims.ts';
import { digestToken } from './token/identity.ts';
import { decodeToken } from './token/jws.ts';
import {
  type FiledKeys,
  issuerKeys,
  type KeySource,
  readClaimedIssuer,
  type TokenRules,
  type VerifiedToken,
  verifyToken,
} from './token/verify.ts';

/** Half of a guard, for whoever has rules of their own on what a caller may do. */
export interface Authenticator {
  /** The principal behind a token, or why there is none. `token` is the text after the scheme. */
  authenticate(token: string): Decision<Principal>;
}

export interface Guard extends Authenticator {
  /** By which right the principal may, or why not. Nobody, who has sent no token, may what is open. */
  authorize(principal: Principal | undefined, asked: Asked): Decision<Permit>;
  /** Whether the signature of a token is known to be good: it costs no check then. */
  remembers(token: string): boolean;
  /** Whom a token names as its issuer, unverified: for counting and for records, and for nothing else. */
  claimedIssuer(token: string): string | undefined;
  /** Both: the principal behind a token, where it may do what is asked. */
  judge(token: string, asked: Asked): Decision<Judged>;
}

export interface Judged {
  readonly principal: Principal;
  readonly grant: Permit;
}

interface JudgeOptions {
  readonly rules: TokenRules;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

export interface GuardOptions extends JudgeOptions {
  /** What is filed for the name that a token says. */
  readonly lookup: (issuer: string) => (FiledKeys & FiledIssuer) | undefined;
  readonly policy: Policy;
  readonly revocations: Revocations;
}

interface Remembered {
  readonly token: VerifiedToken;
  readonly principal: Principal;
}

/** Token text held at most: some 6,000 tokens of an ordinary length. */
const REMEMBERED_BYTES = 4 * 1024 * 1024;

/** A guard whose tokens name a key file of the keys directory. */
export function createGuard({ rules, lookup, policy, revocations, now }: GuardOptions): Guard {
  const judgeClaims = ({ issuer, claims }: VerifiedToken): Denial | undefined => {
    const filed = lookup(issuer);
    return filed && policy.judgeClaims(filed, claims);
  };
  const judge = createJudge({ rules, keys: issuerKeys(lookup), now, judgeClaims });
  const guard: Guard = {
    remembers: judge.remembers,
    claimedIssuer(token) {
      const decoded = decodeToken(token, rules.maxTokenBytes);
      const issuer = decoded.allowed ? readClaimedIssuer(decoded.value.claimedPayload) : decoded;
      return issuer.allowed ? issuer.value : undefined;
    },
    authenticate(token) {
      const caller = judge.authenticate(token);
      const denial = caller.allowed ? revocations.judge(caller.value, now() / 1000) : undefined;
      return denial ?? caller;
    },
    authorize(principal, asked) {
      if (principal === undefined) return policy.authorizeNobody(asked) ?? deny('token_missing');
      const filed = lookup(principal.issuer);
      if (filed === undefined) return denyPrincipal(deny('key_unusable'), principal);
      return policy.authorize(principal, filed, asked, now() / 1000);
    },
    judge(token, asked) {
      const caller = guard.authenticate(token);
      if (!caller.allowed) return caller;
      const granted = guard.authorize(caller.value, asked);
      return granted.allowed ? allow({ principal: caller.value, grant: granted.value }) : granted;
    },
  };
  return guard;
}

interface KeyJudgeOptions extends JudgeOptions {
  readonly keys: KeySource;
  /** What the issuer asks of the claims beside what is asked of all; on each call. */
  readonly judgeClaims?: (token: VerifiedToken) => Denial | undefined;
}

export function createJudge(options: KeyJudgeOptions): Authenticator & Pick<Guard, 'remembers'> {
  const { rules, keys, now, judgeClaims } = options;
  // The key is the token itself: its text is canonical (strict base64url), so one signature has one text. ECDSA has two
  // signatures for one token, and each is verified by itself.
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
    remembers: (token) => recall(token) !== undefined,
    authenticate(token) {
      let known = recall(token);
      if (known === undefined) {
        const verified = verifyToken(token, rules, keys);
        if (!verified.allowed) return verified;
        known = { token: verified.value, principal: toPrincipal(verified.value, token) };
        remembered.set(token, known);
      }
      const { token: verified, principal } = known;
      const denial = judgeClaims?.(verified) ?? checkTimes(verified.claims, rules, now() / 1000);
      return denial === undefined ? allow(principal) : denyPrincipal(denial, principal);
    },
  };
}

/** @param token the text that was verified: it is strict base64url, so all but its signature is its identity */
export function toPrincipal({ issuer, key, claims }: VerifiedToken, token: string): Principal {
  const { bodyEncode, subject, tokenId, issuedAt, rights } = claims;
  return {
    issuer,
    thumbprint: key.thumbprint,
    bodyEncode,
    subject,
    tokenId,
    issuedAt,
    tokenDigest: digestToken(token.slice(0, token.lastIndexOf('.'))),
    claimedRights: rights,
  };
}
