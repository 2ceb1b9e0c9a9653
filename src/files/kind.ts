// What the files of one sort are called and what they mean: the part of following that knows a format, handed in.

import type { BadFile } from './bad-file.ts';

export interface FileKind<T> {
  /** What a person calls such a file: `key file`. */
  readonly noun: string;
  readonly maxBytes: number;
  /** Whether a file of the directory with this name is one. */
  isNamed(name: string): boolean;
  /** Its files are looked at, and their names listed as ignored all the same. */
  readonly isIgnored?: boolean;
  /**
   * A part of such a file may read like a whole one: what is new counts once it has stayed the same for a moment, and
   * until then what was there before.
   */
  readonly settles?: true;
  /** Only that it changes is of interest: it may be large, and whoever follows reads in it what is new. `parse` gets no bytes. */
  readonly isUnread?: true;
  /** Files of the directory that belong to one of this name: where one of them changes, all are looked at together. */
  companionsOf?(name: string): readonly string[];
  /** Pure; one bad part makes the whole file bad. */
  parse(bytes: Buffer): Parsed<T>;
  /** `found`, with what has stayed the same since `before` as the very objects it was; all of `before` where nothing differs. */
  keep?(found: Usable<T>, before: Usable<T>): Usable<T>;
}

export type Parsed<T> = ({ readonly usable: true } & T) | BadFile;

/** What a file means, under its base name; or why it is not trusted. */
export type Content<T> = Usable<T> | (BadFile & { readonly name: string });

export type Usable<T> = { readonly name: string; readonly usable: true } & T;

/** All the kinds that are followed together, each under a name of the caller's. */
export type Kinds = Readonly<Record<string, FileKind<object>>>;

export type MeaningOf<K> = K extends FileKind<infer T> ? T : never;
