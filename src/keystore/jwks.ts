// The public face of the key store as a JWK Set (RFC 7517 §5). Knows no HTTP.

import type { JWK } from 'jose';
import type { VerificationKey } from './key.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Every usable key once, or those of one issuer, with `kid` = RFC 7638 thumbprint. `alg` is what the guard accepts, such as `RS256`. Public
 * members are picked by name, so nothing else can slip through. Costs some microseconds a key.
 */
export function toJwkSet(snapshot: Snapshot, alg: string, name?: string): { keys: JWK[] } {
  const keys = new Map<string, JWK>();
  for (const issuer of snapshot.issuers.values()) {
    if (name !== undefined && issuer.name !== name) continue;
    for (const key of issuer.usable ? issuer.keys : []) {
      if (!keys.has(key.thumbprint)) keys.set(key.thumbprint, toJwk(key, alg));
    }
  }
  return { keys: [...keys.values()] };
}

const texts = new WeakMap<Snapshot, Map<string, string>>();

/** `toJwkSet` as JSON; made once for each snapshot, however often all of it is asked for. */
export function toJwkSetText(snapshot: Snapshot, alg: string, name?: string): string {
  if (name !== undefined) return JSON.stringify(toJwkSet(snapshot, alg, name));
  const byAlg = texts.get(snapshot) ?? new Map<string, string>();
  texts.set(snapshot, byAlg);
  const text = byAlg.get(alg) ?? JSON.stringify(toJwkSet(snapshot, alg));
  byAlg.set(alg, text);
  return text;
}

function toJwk({ n, e, thumbprint }: VerificationKey, alg: string): JWK {
  return { kty: 'RSA', n, e, kid: thumbprint, use: 'sig', alg };
}
