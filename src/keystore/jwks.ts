// The public face of the key store as a JWK Set (RFC 7517 §5). Knows no HTTP.

import type { JWK } from 'jose';
import type { Algorithm } from '../token/algorithms.ts';
import type { VerificationKey } from './key.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Every usable key once, or those of one issuer, with `kid` = RFC 7638 thumbprint. `alg` is the first of the algorithms
 * that the guard accepts and the key can sign with. Costs some microseconds a key.
 */
export function toJwkSet(
  snapshot: Snapshot,
  algorithms: readonly Algorithm[],
  name?: string,
): { keys: JWK[] } {
  const keys = new Map<string, JWK>();
  for (const issuer of snapshot.issuers.values()) {
    if (name !== undefined && issuer.name !== name) continue;
    for (const key of issuer.usable ? issuer.keys : []) {
      if (!keys.has(key.thumbprint)) keys.set(key.thumbprint, toJwk(key, algorithms));
    }
  }
  return { keys: [...keys.values()] };
}

const texts = new WeakMap<Snapshot, Map<string, string>>();

/** `toJwkSet` as JSON; made once for each snapshot, however often all of it is asked for. */
export function toJwkSetText(snapshot: Snapshot, algorithms: readonly Algorithm[], name?: string): string {
  if (name !== undefined) return JSON.stringify(toJwkSet(snapshot, algorithms, name));
  const known = texts.get(snapshot) ?? new Map<string, string>();
  texts.set(snapshot, known);
  const text = known.get(algorithms.join()) ?? JSON.stringify(toJwkSet(snapshot, algorithms));
  known.set(algorithms.join(), text);
  return text;
}

function toJwk({ jwk, thumbprint, algorithms }: VerificationKey, listed: readonly Algorithm[]): JWK {
  const alg = listed.find((name) => algorithms.includes(name)) as string;
  return { ...jwk, kid: thumbprint, use: 'sig', alg };
}
