// Which names of a directory are files of which kind, and where they lie while the directory is where it was listed.

import { join, resolve } from 'node:path';
import { isStillAt, isThere, type Listing } from './directory.ts';
import type { FileKind, Kinds } from './kind.ts';
import type { FilePlace } from './table.ts';
import type { Bounds } from './trace.ts';

export interface SortedNames {
  readonly followed: readonly FilePlace[];
  /** Names of no kind, or of one that is ignored, in order; dotfiles are nobody's business. */
  readonly ignored: readonly string[];
}

export class Places {
  readonly #directory: string;
  readonly #kinds: readonly FileKind<object>[];
  readonly #bounds: Bounds;
  readonly #isLost: boolean;

  constructor(directory: string, called: string, kinds: Kinds, { realPath, lost }: Listing) {
    this.#directory = directory;
    this.#kinds = Object.values(kinds);
    this.#bounds = { realPath, called };
    this.#isLost = lost !== undefined;
  }

  sort(names: readonly string[]): SortedNames {
    const isIgnored = (name: string) => !name.startsWith('.') && isIgnoredKind(this.#kindOf(name));
    return {
      followed: names.flatMap((name) => this.find(name) ?? []),
      ignored: names.filter(isIgnored).sort(),
    };
  }

  find(name: string): FilePlace | undefined {
    const kind = this.#kindOf(name);
    return kind && { key: name, path: this.#pathOf(name), bounds: this.#bounds, kind };
  }

  isThere(name: string): boolean {
    return isThere(this.#pathOf(name));
  }

  /** Whether names still mean what the listing found: another directory may have taken the place since. */
  areValid(): boolean {
    return !this.#isLost && isStillAt(this.#directory, this.#bounds.realPath);
  }

  #pathOf(name: string): string {
    return join(this.#bounds.realPath, name);
  }

  #kindOf(name: string): FileKind<object> | undefined {
    return this.#kinds.find((kind) => kind.isNamed(name));
  }
}

const isIgnoredKind = (kind: FileKind<object> | undefined): boolean =>
  kind === undefined || kind.isIgnored === true;

/** Files named by path, each once. */
export function listByPath(kind: FileKind<object>, files: readonly string[] = []): FilePlace[] {
  const paths = new Set(files.map((file) => resolve(file)));
  return [...paths].map((path) => ({ key: path, path, bounds: undefined, kind }));
}
