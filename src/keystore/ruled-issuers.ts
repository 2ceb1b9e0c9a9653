// Puts the rules of each sidecar beside the keys of its issuer. An issuer whose sidecar cannot be used has none that count:
// its rights are not known.
import type { Entry } from '../files/entry.ts';
import { stemOf } from './names.ts';
import { type FiledRules, sidecarNameOf } from './sidecar.ts';
import type { IssuerKeys } from './snapshot.ts';

type Served = Entry<FiledRules>['served'];

interface Joined {
  readonly keys: IssuerKeys;
  readonly rules: Served;
  readonly issuer: IssuerKeys;
}

export class RuledIssuers {
  /** Those of the last state: what has not changed stays the object that it was. */
  #joined = new Map<string, Joined>();

  join(
    issuers: ReadonlyMap<string, IssuerKeys>,
    sidecars: ReadonlyMap<string, { readonly served: Served }>,
  ): ReadonlyMap<string, IssuerKeys> {
    const before = this.#joined;
    this.#joined = new Map();
    if (sidecars.size === 0) return issuers;
    const ruled = new Map<string, IssuerKeys>();
    for (const [name, keys] of issuers) {
      const rules = sidecars.get(sidecarNameOf(stemOf(name)))?.served;
      if (rules === undefined) ruled.set(name, keys);
      else {
        const known = before.get(name);
        const isSame = known?.keys === keys && known.rules === rules;
        const joined = isSame ? known : { keys, rules, issuer: joinRules(keys, rules) };
        this.#joined.set(name, joined);
        ruled.set(name, joined.issuer);
      }
    }
    return ruled;
  }
}

function joinRules(keys: IssuerKeys, filed: Served): IssuerKeys {
  const { name } = keys;
  if (!keys.usable) return keys;
  if (filed.usable) return { name, usable: true, keys: keys.keys, rules: filed.rules };
  return { name, usable: false, reason: `Its sidecar ${filed.name} is not used: ${filed.reason}` };
}
