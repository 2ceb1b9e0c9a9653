// Which members of an answer hold secrets: the names of a catalogue's row, without regard to case. `*` is any text, and a
// name with dots is the end of a path: `ssl.key` is the `key` in an `ssl`, whatever list that stands in.
import { compileWildcard } from './wildcard.ts';

type Match = (name: string) => boolean;

/** The parts of a path that ends in a secret, the last one first. */
type Pattern = readonly [last: Match, ...before: Match[]];

export class SecretMembers {
  readonly #patterns: readonly Pattern[];
  /** Names that are secret wherever they stand, and those that never are. */
  readonly #known = new Map<string, boolean>();

  constructor(names: readonly string[]) {
    this.#patterns = names.map(compilePattern);
  }

  /** @param parents the names of the members it stands in, the outermost first; empty for a list */
  has(name: string, parents: readonly string[]): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    // A name with dots is read as what it says, and as the path that it may stand for.
    const folded = name.toLowerCase();
    const parts = folded.split('.').reverse();
    const ending = this.#patterns.filter(([last]) => last(folded) || last(parts[0] as string));
    const [isDecided, isSecret] = [ending.every(({ length }) => length === 1), ending.length > 0];
    if (isDecided) {
      this.#remember(name, isSecret);
      return isSecret;
    }
    const around = parents.filter((parent) => parent !== '').map((parent) => parent.toLowerCase());
    const path = [...parts, ...around.reverse()];
    return ending.some((pattern) => pattern.every((match, index) => index === 0 || match(path[index] ?? '')));
  }

  #remember(name: string, isSecret: boolean): void {
    // Names are the broker's, and few; those that are made of data are not to fill the memory.
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(name, isSecret);
  }
}

const MAX_KNOWN = 1000;

const compilePattern = (name: string): Pattern => {
  const [last = '', ...before] = name.toLowerCase().split('.').reverse();
  return [compileWildcard(last), ...before.map(compileWildcard)];
};
