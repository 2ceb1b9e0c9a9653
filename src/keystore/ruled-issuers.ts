// Puts the rules of each sidecar beside the keys of its issuer, and takes the two files as one thing: while either is
// changing, the issuer has no key and no right that it did not have before. One whose sidecar cannot be used has none that
// count: its rights are not known.
import { type Entry, isInMotion } from '../files/entry.ts';
import type { FiledKeys } from './key-files.ts';
import { stemOf } from './names.ts';
import { type FiledRules, sidecarNameOf } from './sidecar.ts';
import type { IssuerKeys } from './snapshot.ts';

type Sidecar = Entry<FiledRules>;

export class RuledIssuers {
  /** Those of the last state: what has not changed stays the object that it was. Undefined at the start. */
  #last: ReadonlyMap<string, IssuerKeys> | undefined;

  /** The very map of before where nothing differs. */
  join(
    issuers: ReadonlyMap<string, IssuerKeys>,
    keyFiles: readonly Entry<FiledKeys>[],
    sidecars: ReadonlyMap<string, Sidecar>,
  ): ReadonlyMap<string, IssuerKeys> {
    // What is there at the start came before it.
    const known = this.#last === undefined ? [] : keyFiles;
    const inMotion = namesOf(known.filter(isInMotion));
    const fresh = namesOf(known.filter(({ isFresh }) => isFresh));
    const joined = new Map<string, IssuerKeys>();
    for (const [name, keys] of issuers) {
      const sidecar = sidecars.get(sidecarNameOf(stemOf(name)));
      const before = this.#last?.get(name);
      // A new key may have been put there a moment before its sidecar.
      const isWaiting = sidecar === undefined && fresh.has(name) && before?.usable !== true;
      const isWritten = sidecar !== undefined && this.#last !== undefined && isInMotion(sidecar);
      const isChanging = isWaiting || isWritten || inMotion.has(name);
      const issuer = isChanging ? holdBack(keys, before) : joinRules(keys, sidecar?.served);
      joined.set(name, before !== undefined && isSame(before, issuer) ? before : issuer);
    }
    const last = this.#last;
    this.#last = last !== undefined && isSameMap(last, joined) ? last : joined;
    return this.#last;
  }
}

const namesOf = (keyFiles: readonly Entry<FiledKeys>[]): ReadonlySet<string> =>
  new Set(keyFiles.map(({ file }) => file.name));

const CHANGING = 'Its key or its sidecar is being written.';

/** Of the keys of now those that it had before, with the rules of before. */
function holdBack(keys: IssuerKeys, before: IssuerKeys | undefined): IssuerKeys {
  if (!keys.usable) return keys;
  const kept = before?.usable ? before.keys.filter((key) => keys.keys.includes(key)) : [];
  if (kept.length === 0) return { name: keys.name, usable: false, reason: CHANGING };
  return { ...(before as IssuerKeys & { readonly usable: true }), keys: kept };
}

function joinRules(keys: IssuerKeys, filed: Sidecar['served'] | undefined): IssuerKeys {
  const { name } = keys;
  if (!keys.usable || filed === undefined) return keys;
  if (filed.usable) return { name, usable: true, keys: keys.keys, rules: filed.rules };
  return { name, usable: false, reason: `Its sidecar ${filed.name} is not used: ${filed.reason}` };
}

function isSame(one: IssuerKeys, other: IssuerKeys): boolean {
  if (!one.usable || !other.usable) return !one.usable && !other.usable && one.reason === other.reason;
  const { keys } = other;
  return (
    one.rules === other.rules &&
    one.keys.length === keys.length &&
    one.keys.every((key, at) => key === keys[at])
  );
}

function isSameMap(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of other) if (one.get(name) !== value) return false;
  return true;
}
