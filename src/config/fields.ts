// A block that is read name by name, where which names are known depends on the values of others. Collects every
// problem with its place. Knows no setting.
import type { Problem } from '../failure.ts';
import { suggestName } from './nearest.ts';
import { type FindPlace, problemAt } from './problems.ts';

export class Fields {
  readonly path: readonly string[];
  readonly problems: Problem[] = [];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #find: FindPlace;
  readonly #known = new Set<string>();

  constructor(value: unknown, path: readonly string[], find: FindPlace) {
    this.path = path;
    this.#find = find;
    const isBlock = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#values = isBlock ? (value as Record<string, unknown>) : {};
    if (!isBlock) this.problems.push(problemAt(path, 'must be a block, { NAME = VALUE }', find));
  }

  refuse(name: string, what: string): undefined {
    this.problems.push(problemAt([...this.path, name], what, this.#find));
    return undefined;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** The value as it stands; the name is known from now on. */
  take(name: string): unknown {
    this.#known.add(name);
    return this.#values[name] ?? undefined;
  }

  /** A text; undefined where it is absent, or wrong and said to be. */
  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'string') return value;
    const isWhole = typeof value === 'boolean' || Number.isSafeInteger(value);
    return isWhole ? String(value) : this.refuse(name, 'must be a text: put it in quotes');
  }

  /** A text that must be there, and not empty. */
  requiredText(name: string): string {
    if (!this.has(name)) this.refuse(name, 'is missing');
    const text = this.text(name);
    if (text === '') this.refuse(name, 'must not be empty');
    return text ?? '';
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (value === true || value === 'true') return true;
    if (value !== false && value !== 'false') this.refuse(name, 'must be true or false');
    return false;
  }

  oneOf<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const word = words.find((one) => one === value);
    return word ?? this.refuse(name, `must be one of ${words.join(', ')}`);
  }

  /** Names that are taken and do nothing here, those of them that stand in the block. */
  takeIdle(names: readonly string[]): string[] {
    return names.filter((name) => this.take(name) !== undefined);
  }

  /** To be called last: names that nobody asked for. */
  refuseUnknown(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#known.has(name)) this.refuse(name, `is unknown${suggestName([...this.#known], name)}`);
    }
  }
}
