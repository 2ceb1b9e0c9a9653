// The keys on their way to a worker: what differs between two states of the key store, in a form that a structured
// clone can carry (no KeyObject can), and the table that a worker makes of it.
import type { IssuerRules } from '../../keystore/issuer-rules.ts';
import type { PublicJwk } from '../../keystore/jwk.ts';
import { makeVerificationKey, type VerificationKey } from '../../keystore/key.ts';
import { createLookup, type IssuerLookup } from '../../keystore/lookup.ts';
import type { IssuerKeys, Snapshot } from '../../keystore/snapshot.ts';

type WireIssuer = { readonly name: string } & (
  | { readonly keys: readonly PublicJwk[]; readonly rules?: IssuerRules | undefined }
  | { readonly reason: string }
);

export interface KeyChange {
  /** New issuers, and those of whom anything differs. */
  readonly filed: readonly WireIssuer[];
  readonly removed: readonly string[];
}

/** @param before undefined for a worker that knows nothing yet */
export function describeChange(before: Snapshot | undefined, now: Snapshot): KeyChange {
  const known = before?.issuers;
  const filed = [...now.issuers.values()].filter((keys) => known?.get(keys.name) !== keys);
  const removed = [...(known?.keys() ?? [])].filter((name) => !now.issuers.has(name));
  return { filed: filed.map(toWire), removed };
}

function toWire(issuer: IssuerKeys): WireIssuer {
  const { name } = issuer;
  if (!issuer.usable) return { name, reason: issuer.reason };
  return { name, keys: issuer.keys.map(({ jwk }) => jwk), rules: issuer.rules };
}

/** The keys of a worker: what the primary process has filed, change by change. */
export class FollowedKeys {
  readonly #issuers = new Map<string, IssuerKeys>();
  #lookUp: IssuerLookup = () => undefined;

  /** Bound, since it is handed on as a bare function. */
  readonly lookup: IssuerLookup = (issuer) => this.#lookUp(issuer);

  apply({ filed, removed }: KeyChange, suffixOptional: boolean): void {
    for (const name of removed) this.#issuers.delete(name);
    for (const issuer of filed)
      this.#issuers.set(issuer.name, fromWire(issuer, this.#issuers.get(issuer.name)));
    this.#lookUp = createLookup(this.#issuers, suffixOptional);
  }
}

function fromWire(issuer: WireIssuer, before: IssuerKeys | undefined): IssuerKeys {
  const { name } = issuer;
  if ('reason' in issuer) return { name, usable: false, reason: issuer.reason };
  // A key that stays keeps its object: whoever remembers verified tokens compares key objects.
  const known = new Map(before?.usable ? before.keys.map((key) => [key.thumbprint, key]) : []);
  const keys = issuer.keys.map(readKey);
  return {
    name,
    usable: true,
    keys: known.size === 0 ? keys : keys.map((key) => known.get(key.thumbprint) ?? key),
    ...(issuer.rules && { rules: issuer.rules }),
  };
}

function readKey(jwk: PublicJwk): VerificationKey {
  const key = makeVerificationKey(jwk);
  if ('flaw' in key) throw new TypeError(`A key of the primary process: ${key.flaw}`);
  return key;
}
