// Keys that no issuer's name is filed under: a secret, PEM text, a JWK Set. What a set's member must be for its
// signatures to count, and which key of the set a token means.
import type { JsonWebKey } from 'node:crypto';
import { allow, type Decision, deny } from '../decision.ts';
import { importJwk, isWeakKey } from '../keystore/public-keys.ts';
import { type Algorithm, isSignatureGood } from '../token/algorithms.ts';
import type { DecodedToken } from '../token/jws.ts';
import type { IssuerKey, KeySource, Signer } from '../token/verify.ts';

export interface SetKey extends IssuerKey {
  readonly kid: string | undefined;
  /** The one algorithm the key is for; undefined where its type decides alone. */
  readonly alg: string | undefined;
}

export interface KeySet {
  readonly keys: readonly SetKey[];
  /** Why members were left out. */
  readonly notes: readonly string[];
}

export type KeySetReader = (text: string) => KeySet | { readonly flaw: string };

/** Reads RFC 7517 §5: a member that is broken, weak or not for signatures is left out, the others count. */
export function strictReader(acceptRsa256: boolean): KeySetReader {
  return (text) => {
    const members = readMembers(text);
    if (members === undefined) return { flaw: 'the answer is no JWK Set' };
    const keys: SetKey[] = [];
    const notes: string[] = [];
    for (const [index, member] of members.entries()) {
      const key = readMember(member, acceptRsa256);
      if (typeof key === 'string') notes.push(`key ${index + 1} of the set is left out: it ${key}`);
      else keys.push(key);
    }
    return { keys, notes };
  };
}

/** As EMQX reads a set: use, alg and kid are not looked at, and one member that is no object spoils it. */
export const readAsEmqx: KeySetReader = (text) => {
  const members = readMembers(text);
  if (members === undefined || !members.every(isObject)) return { flaw: 'the answer is no JWK Set' };
  const keys = members.map((member) => importJwk(member as JsonWebKey)).filter((key) => key !== undefined);
  return { keys: keys.map((key) => ({ ...key, kid: undefined, alg: undefined })), notes: [] };
};

type Member = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Member =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readMembers(text: string): readonly unknown[] | undefined {
  try {
    const set: unknown = JSON.parse(text);
    return isObject(set) && Array.isArray(set.keys) ? set.keys : undefined;
  } catch {
    return undefined;
  }
}

/** The key, or what speaks against it. */
function readMember(jwk: unknown, acceptRsa256: boolean): SetKey | string {
  if (!isObject(jwk)) return 'is no object';
  const { use, key_ops: operations, kid } = jwk;
  if (use !== undefined && use !== 'sig') return 'is not for signatures (use)';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'is not for verifying (key_ops)';
  if (kid !== undefined && typeof kid !== 'string') return 'has a kid that is no text';
  if ('d' in jwk) return 'is a private key';
  const alg = readAlg(jwk.alg, acceptRsa256);
  if (alg === null) return 'is for an algorithm with no name in JWA (alg)';
  const key = importJwk(jwk as JsonWebKey);
  if (key === undefined) return 'is of an unknown type, or incomplete';
  return isWeakKey(key) ? 'has fewer than 2048 bits' : { ...key, kid, alg };
}

/** Null where the key is for nothing. */
function readAlg(alg: unknown, acceptRsa256: boolean): string | undefined | null {
  if (alg === undefined) return undefined;
  if (typeof alg !== 'string') return null;
  const isMisspelled = /^RSA(256|384|512)$/.test(alg);
  if (isMisspelled) return acceptRsa256 ? alg.replace('RSA', 'RS') : null;
  return alg;
}

/** Keys of the settings: they have no names, so each that could is tried. */
export function namelessKeys(keys: readonly IssuerKey[]): KeySource {
  const named: readonly SetKey[] = keys.map((key) => ({ ...key, kid: undefined, alg: undefined }));
  return {
    find: (decoded, algorithm) => pickSigner(decoded, algorithm, named),
    holds: ({ key }) => named.includes(key as SetKey),
  };
}

/**
 * Keys of a set that may change. A token's `kid` says which is meant; without one every key is tried.
 * @param current undefined while there is none
 */
export function setKeys(current: () => readonly SetKey[] | undefined): KeySource {
  return {
    find(decoded, algorithm) {
      const keys = current();
      if (keys === undefined) return deny('key_unusable', 'The JWKS endpoint has given no keys that count.');
      const { kid } = decoded.claimedHeader;
      const meant = kid === undefined ? keys : keys.filter((key) => key.kid === kid);
      if (meant.length === 0) return deny('key_unusable', 'The set of keys has none of this kid.');
      return pickSigner(decoded, algorithm, meant);
    },
    holds: ({ key }) => current()?.includes(key as SetKey) === true,
  };
}

function pickSigner(decoded: DecodedToken, algorithm: Algorithm, keys: readonly SetKey[]): Decision<Signer> {
  const fitting = keys.filter(({ alg }) => alg === undefined || alg === algorithm);
  const { signingInput, signature, claimedPayload } = decoded;
  const key = fitting.find((one) => isSignatureGood(algorithm, one.key, signingInput, signature));
  if (key === undefined) return deny('signature_invalid');
  const issuer = typeof claimedPayload.iss === 'string' ? claimedPayload.iss : '';
  return allow({ issuer, key, claimedIssuer: issuer });
}
