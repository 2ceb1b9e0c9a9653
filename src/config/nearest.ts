// The nearest of the names that are known, for whoever wrote another. Knows no setting.
import { distance } from 'fastest-levenshtein';

/** Ends a sentence such as "is unknown": with the name that is meant, or with all of them. */
export function suggestName(known: readonly string[], written: string): string {
  const [nearest] = known
    .filter((name) => isNear(name, written))
    .sort((one, other) => distance(one, written) - distance(other, written));
  return nearest === undefined ? `; known here: ${known.join(', ')}` : `; did you mean ${nearest}?`;
}

/** A slip of the pen, or a word cut short; in a short word few letters make another word. */
function isNear(name: string, written: string): boolean {
  const isCutShort = written.length > 2 && name.startsWith(written);
  return isCutShort || isSlip(name, written) || distance(name, written) <= Math.min(3, name.length / 3);
}

/** One letter more, less or other, letters exchanged, or other capitals. */
export function isSlip(name: string, written: string): boolean {
  const sort = (text: string) => [...text].sort().join('');
  const lower = written.toLowerCase();
  return distance(name, lower) <= 1 || sort(name) === sort(lower);
}
