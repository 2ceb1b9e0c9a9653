// RFC 7518 §3.3 and §3.5: the RSA signature algorithms, and how node:crypto is asked for them. The key's
// type fixes the family; the header only picks among what the settings list (RFC 8725 §3.1).
import { constants, type KeyObject, verify } from 'node:crypto';

interface Scheme {
  readonly digest: string;
  readonly padding: number;
}

const { RSA_PKCS1_PADDING: PKCS1, RSA_PKCS1_PSS_PADDING: PSS } = constants;

const SCHEMES = {
  RS256: { digest: 'sha256', padding: PKCS1 },
  RS384: { digest: 'sha384', padding: PKCS1 },
  RS512: { digest: 'sha512', padding: PKCS1 },
  PS256: { digest: 'sha256', padding: PSS },
  PS384: { digest: 'sha384', padding: PSS },
  PS512: { digest: 'sha512', padding: PSS },
} as const satisfies Record<string, Scheme>;

export type Algorithm = keyof typeof SCHEMES;

export const ALGORITHMS = Object.keys(SCHEMES) as readonly Algorithm[];

/** What is signed and accepted where nobody says otherwise. */
export const DEFAULT_ALGORITHM: Algorithm = 'RS256';

/**
 * Whether `signature` is good for the signing input under `key`. Synchronous on purpose: the thread pool's
 * round trip costs about as much again as the check itself.
 */
export function isSignatureGood(alg: Algorithm, key: KeyObject, input: string, signature: Buffer): boolean {
  const { digest, padding } = SCHEMES[alg];
  const material = padding === PSS ? { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key;
  return verify(digest, Buffer.from(input, 'latin1'), material, signature);
}
