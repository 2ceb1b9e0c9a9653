// From the name a token says to the keys of its issuer. Reads a Map and nothing else: no name from a token ever
// touches the file system or causes a scan.
import { hasKeySuffix, stemOf } from './names.ts';
import type { IssuerKeys } from './snapshot.ts';

type Issuers = ReadonlyMap<string, IssuerKeys>;

/** The keys filed under a name, with the full name; undefined when no file has it. */
export type IssuerLookup = (issuer: string) => IssuerKeys | undefined;

/**
 * @param suffixOptional `token.issuer_suffix = optional`: a name without `.pub`/`.pem` also finds its issuer where
 *   only one file fits
 */
export function createLookup(issuers: Issuers, suffixOptional: boolean): IssuerLookup {
  const aliases = suffixOptional ? collectAliases(issuers) : new Map<string, string>();
  return (issuer) => issuers.get(issuer) ?? issuers.get(aliases.get(issuer) ?? issuer);
}

/** Full names by stem; a stem of two files, or one that is itself a file, names nobody. */
function collectAliases(issuers: Issuers): Map<string, string> {
  const aliases = new Map<string, string>();
  const seen = new Set<string>();
  for (const name of issuers.keys()) {
    const stem = stemOf(name);
    if (stem === name || hasKeySuffix(stem)) continue;
    if (seen.has(stem) || issuers.has(stem)) aliases.delete(stem);
    else aliases.set(stem, name);
    seen.add(stem);
  }
  return aliases;
}
