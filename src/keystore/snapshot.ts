// One immutable state of the keys: which issuer has which keys. Knows no file system and no time.

import type { IssuerRules } from './issuer-rules.ts';
import type { VerificationKey } from './key.ts';

/** A key belongs to its issuer alone (RFC 8725 §3.8): there is no pool of keys to try. */
export type IssuerKeys = {
  /** The issuer's one name, the full name of its file, under whichever name it was found. */
  readonly name: string;
} & (
  | {
      readonly usable: true;
      readonly keys: readonly VerificationKey[];
      /** What its sidecar says; absent where it has none. */
      readonly rules?: IssuerRules;
    }
  | { readonly usable: false; readonly reason: string }
);

export interface Snapshot {
  /** Counts up with every change, from 1. */
  readonly version: number;
  /** By full file name, in order of name. */
  readonly issuers: ReadonlyMap<string, IssuerKeys>;
  /** Names in the keys directory that cannot be key files, in order; dotfiles are not listed. */
  readonly ignored: readonly string[];
}

/**
 * Orders the files of the directory and the configured files into issuers. Where both have the name, the one in
 * the directory counts, unless the other one has different keys: then nobody can say which is meant, and none is.
 */
export function collectIssuers(
  listed: readonly IssuerKeys[],
  configured: readonly IssuerKeys[],
): Map<string, IssuerKeys> {
  const inOrder = listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const issuers = new Map(inOrder.map((keys) => [keys.name, keys]));
  for (const keys of configured) {
    const { name } = keys;
    const known = issuers.get(name);
    if (!known) issuers.set(name, keys);
    else if (known.usable && keys.usable && !haveSameKeys(known, keys))
      issuers.set(name, { name, usable: false, reason: AMBIGUOUS });
  }
  return issuers;
}

const AMBIGUOUS =
  'Two files with different keys have this name, in the keys directory and configured; keep one.';

/** Whether an issuer has no keys because two files have its name. */
export function isAmbiguous(keys: IssuerKeys | undefined): boolean {
  return keys !== undefined && !keys.usable && keys.reason === AMBIGUOUS;
}

export function haveSameKeys(one: IssuerKeys, other: IssuerKeys): boolean {
  if (!one.usable || !other.usable || one.keys.length !== other.keys.length) return false;
  const thumbprints = new Set(one.keys.map((key) => key.thumbprint));
  return other.keys.every((key) => thumbprints.has(key.thumbprint));
}

/** How many issuers of a snapshot can be used. */
export function countUsable({ issuers }: Snapshot): number {
  let count = 0;
  for (const keys of issuers.values()) if (keys.usable) count += 1;
  return count;
}
