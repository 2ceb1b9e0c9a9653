// RFC 7518 §3.1, RFC 8037 and RFC 8812: the signature algorithms, and how node:crypto is asked for them. The key's
// type fixes the family; the header only picks among what the settings list (RFC 8725 §3.1).
import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';

/** What a key must be for an algorithm. */
export type KeyKind = 'secret' | 'rsa' | 'prime256v1' | 'secp384r1' | 'secp521r1' | 'secp256k1' | 'edwards';

interface Scheme {
  readonly kind: KeyKind;
  /** Undefined where the key brings its own (EdDSA). */
  readonly digest: string | undefined;
  readonly padding?: number;
  /** Bytes of a signature, where the algorithm fixes them. */
  readonly length?: number;
}

const { RSA_PKCS1_PADDING: PKCS1, RSA_PKCS1_PSS_PADDING: PSS } = constants;

const SCHEMES = {
  RS256: { kind: 'rsa', digest: 'sha256', padding: PKCS1 },
  RS384: { kind: 'rsa', digest: 'sha384', padding: PKCS1 },
  RS512: { kind: 'rsa', digest: 'sha512', padding: PKCS1 },
  PS256: { kind: 'rsa', digest: 'sha256', padding: PSS },
  PS384: { kind: 'rsa', digest: 'sha384', padding: PSS },
  PS512: { kind: 'rsa', digest: 'sha512', padding: PSS },
  HS256: { kind: 'secret', digest: 'sha256' },
  HS384: { kind: 'secret', digest: 'sha384' },
  HS512: { kind: 'secret', digest: 'sha512' },
  ES256: { kind: 'prime256v1', digest: 'sha256', length: 64 },
  ES384: { kind: 'secp384r1', digest: 'sha384', length: 96 },
  ES512: { kind: 'secp521r1', digest: 'sha512', length: 132 },
  ES256K: { kind: 'secp256k1', digest: 'sha256', length: 64 },
  EdDSA: { kind: 'edwards', digest: undefined },
} as const satisfies Record<string, Scheme>;

export type Algorithm = keyof typeof SCHEMES;

export const ALGORITHMS = Object.keys(SCHEMES) as readonly Algorithm[];

/** What a key of this kind may sign with. */
export const algorithmsOf = (kind: KeyKind | undefined): Algorithm[] =>
  ALGORITHMS.filter((alg) => SCHEMES[alg].kind === kind);

/** The kinds of keys that the keys directory may hold. */
const FILE_KINDS = ['rsa', 'prime256v1', 'secp384r1', 'secp521r1', 'edwards'] as const;
export type FileKeyKind = (typeof FILE_KINDS)[number];

/** What they can sign with. */
export const FILE_ALGORITHMS: readonly Algorithm[] = FILE_KINDS.flatMap(algorithmsOf);

/** The kind of key that a file must hold to sign with this. */
export const fileKindFor = (alg: Algorithm): FileKeyKind | undefined =>
  FILE_KINDS.find((kind) => kind === SCHEMES[alg].kind);

/** A PSS signature says by its length of salt nothing that RFC 7518 §3.5 leaves open; a broker may take any. */
export type PssSalt = 'digest' | 'any';

/** What is signed and accepted where nobody says otherwise. */
export const DEFAULT_ALGORITHM: Algorithm = 'RS256';

/**
 * Whether `signature` is good for the signing input under `key`. Synchronous on purpose: the thread pool's
 * round trip costs about as much again as the check itself.
 */
export function isSignatureGood(
  alg: Algorithm,
  key: KeyObject,
  input: string,
  signature: Buffer,
  salt: PssSalt = 'digest',
): boolean {
  const scheme: Scheme = SCHEMES[alg];
  if (kindOf(key) !== scheme.kind) return false;
  const data = Buffer.from(input, 'latin1');
  if (scheme.kind === 'secret') return isMacGood(scheme.digest as string, key, data, signature);
  if (scheme.kind === 'rsa') return verify(scheme.digest, data, toRsaMaterial(scheme, key, salt), signature);
  // RFC 7518 §3.4: the two numbers side by side and each at its full length, not the DER that OpenSSL writes. EdDSA has
  // one form only.
  if (scheme.length !== undefined && signature.length !== scheme.length) return false;
  return verify(scheme.digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** The algorithms a key may sign with. */
export const algorithmsFor = (key: KeyObject): Algorithm[] => algorithmsOf(kindOf(key));

function kindOf(key: KeyObject): KeyKind | undefined {
  if (key.type === 'secret') return 'secret';
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return 'rsa';
    case 'ed25519':
    case 'ed448':
      return 'edwards';
    case 'ec':
      return key.asymmetricKeyDetails?.namedCurve as KeyKind;
    default:
      return undefined;
  }
}

function toRsaMaterial({ padding }: Scheme, key: KeyObject, salt: PssSalt) {
  if (padding !== PSS) return key;
  const { RSA_PSS_SALTLEN_AUTO, RSA_PSS_SALTLEN_DIGEST } = constants;
  return { key, padding, saltLength: salt === 'any' ? RSA_PSS_SALTLEN_AUTO : RSA_PSS_SALTLEN_DIGEST };
}

function isMacGood(digest: string, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const mac = createHmac(digest, key).update(data).digest();
  return mac.length === signature.length && timingSafeEqual(mac, signature);
}
