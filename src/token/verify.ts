// A token on its way from text to verified claims. The order is the security of it: size -> three parts ->
// protected header -> payload is an object -> issuer is a legal name -> key exists -> signature -> claims.
// Pure: the keys come from a lookup handed in, the time is judged by whoever has a clock.
import type { KeyObject } from 'node:crypto';
import { allow, type Decision, deny, denyIssuer } from '../decision.ts';
import { type Algorithm, isSignatureGood } from './algorithms.ts';
import { type ClaimRules, type Claims, checkForms, readClaims } from './claims.ts';
import { isIssuerName } from './issuer-name.ts';
import type { JsonObject } from './json.ts';
import { type DecodedToken, decodeToken, judgeHeader } from './jws.ts';

export interface TokenRules extends ClaimRules {
  readonly algorithms: readonly Algorithm[];
  readonly maxTokenBytes: number;
  /** Accepted `typ`, in the form of `normalizeType`; `jwt` unless told. */
  readonly types?: readonly string[];
}

export interface IssuerKey {
  readonly key: KeyObject;
  readonly thumbprint: string;
}

/** What is filed for one issuer, whose full name is `name`: a lookup may know it by a shorter one as well. */
export type FiledKeys = { readonly name: string } & (
  | { readonly usable: true; readonly keys: readonly IssuerKey[] }
  | { readonly usable: false }
);

export type KeyLookup = (issuer: string) => FiledKeys | undefined;

/** Who has signed. */
export interface Signer {
  readonly issuer: string;
  readonly key: IssuerKey;
  /** What `iss` says where that names the key; `issuer` is the full name of the same. */
  readonly claimedIssuer: string;
}

/** Where the keys are that tokens are verified with. */
export interface KeySource {
  /** The key that made a token's signature. */
  find(decoded: DecodedToken, algorithm: Algorithm): Decision<Signer>;
  /** Whether a key found before is still among those that count. */
  holds(signer: Signer): boolean;
}

/** A token whose signature is good and whose claims have their forms; its times are not judged yet. */
export interface VerifiedToken extends Signer {
  readonly claims: Claims;
}

/** Verifies everything about a token that does not depend on the time. */
export function verifyToken(token: string, rules: TokenRules, keys: KeySource): Decision<VerifiedToken> {
  const decoded = decodeToken(token, rules.maxTokenBytes);
  if (!decoded.allowed) return decoded;
  const { claimedHeader, claimedPayload } = decoded.value;
  const algorithm = judgeHeader(claimedHeader, rules.algorithms, rules.types);
  if (!algorithm.allowed) return algorithm;
  const signer = keys.find(decoded.value, algorithm.value);
  if (!signer.allowed) return signer;
  const denial = checkForms(claimedPayload, rules);
  const { issuer, key, claimedIssuer } = signer.value;
  if (denial !== undefined) return denyIssuer(denial, claimedIssuer);
  return allow({ issuer, key, claimedIssuer, claims: readClaims(claimedPayload, rules) });
}

/** The keys of the issuer that a token names. */
export function issuerKeys(lookup: KeyLookup): KeySource {
  return {
    find(decoded, algorithm) {
      const issuer = readClaimedIssuer(decoded.claimedPayload);
      if (!issuer.allowed) return issuer;
      const signer = findSigner(decoded, algorithm, issuer.value, lookup);
      return signer.allowed ? signer : denyIssuer(signer, issuer.value);
    },
    holds({ claimedIssuer, key }) {
      // By the name the token says: a short one may have come to fit two files since.
      const filed = lookup(claimedIssuer);
      return filed?.usable === true && filed.keys.includes(key);
    },
  };
}

/** The issuer a payload names, where it could be a key's name at all: anything else never reaches a lookup. */
export function readClaimedIssuer(claimedPayload: JsonObject): Decision<string> {
  const { iss } = claimedPayload;
  if (iss === undefined) return deny('issuer_missing');
  if (typeof iss !== 'string') return deny('issuer_missing', 'iss must be a string.');
  return isIssuerName(iss) ? allow(iss) : deny('issuer_unknown');
}

/** Whose key signed, and which of those filed under this very issuer (RFC 8725 §3.8). */
export function findSigner(
  decoded: DecodedToken,
  algorithm: Algorithm,
  issuer: string,
  lookup: KeyLookup,
): Decision<Signer> {
  const filed = lookup(issuer);
  if (filed === undefined) return deny('issuer_unknown');
  if (!filed.usable) return deny('key_unusable');
  const { signingInput, signature } = decoded;
  const key = filed.keys.find(({ key }) => isSignatureGood(algorithm, key, signingInput, signature));
  return key === undefined
    ? deny('signature_invalid')
    : allow({ issuer: filed.name, key, claimedIssuer: issuer });
}
