// Sidecars that lie beside no key, or beside two: their rules are not lost, but hardly what somebody meant.
import { stemOf } from './names.ts';
import { issuerStemOf } from './sidecar.ts';

/** A line for each, by its name. */
export function listMisplaced(
  sidecars: Iterable<string>,
  issuers: ReadonlyMap<string, unknown>,
): Map<string, string> {
  const misplaced = new Map<string, string>();
  const byStem = collectStems(sidecars, issuers);
  for (const [sidecar, names] of byStem) {
    const line = describe(sidecar, names);
    if (line !== undefined) misplaced.set(sidecar, line);
  }
  return misplaced;
}

function collectStems(
  sidecars: Iterable<string>,
  issuers: ReadonlyMap<string, unknown>,
): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const name of issuers.keys()) {
    const stem = stemOf(name);
    names.set(stem, [...(names.get(stem) ?? []), name]);
  }
  return new Map([...sidecars].map((sidecar) => [sidecar, names.get(issuerStemOf(sidecar)) ?? []]));
}

function describe(sidecar: string, names: readonly string[]): string | undefined {
  if (names.length === 1) return undefined;
  if (names.length > 1)
    return `${sidecar} holds for ${names.join(' and ')}: keep one of these keys, or rename it`;
  const stem = issuerStemOf(sidecar);
  return `${sidecar} holds for nobody: there is no key ${stem}.pub or ${stem}.pem`;
}
