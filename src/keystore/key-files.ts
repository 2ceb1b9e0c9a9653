// Key files as one kind of file that is followed: their names, their size, what they mean, and which keys stay.

import type { FileKind, Usable } from '../files/kind.ts';
import type { FilesState } from '../files/table.ts';
import type { VerificationKey } from './key.ts';
import { parseKeyFile } from './keyfile.ts';
import { isKeyFileName } from './names.ts';
import { haveSameKeys } from './snapshot.ts';

export interface FiledKeys {
  readonly keys: readonly VerificationKey[];
}

const KEY_FILES: FileKind<FiledKeys> = {
  noun: 'key file',
  maxBytes: 64 * 1024,
  isNamed: isKeyFileName,
  // One byte a character: what counts is ASCII, and a comment may be in any encoding.
  parse: (bytes) => parseKeyFile(bytes.toString('latin1')),
  keep: keepKeys,
};

/** What is followed in the keys directory. */
export const KINDS = { keys: KEY_FILES };

export type KeyFilesState = FilesState<typeof KINDS>;

/** A key that stays keeps its object: whoever remembers verified tokens compares key objects. */
function keepKeys(found: Usable<FiledKeys>, before: Usable<FiledKeys>): Usable<FiledKeys> {
  if (haveSameKeys(found, before)) return before;
  const known = new Map(before.keys.map((key) => [key.thumbprint, key]));
  return { ...found, keys: found.keys.map((key) => known.get(key.thumbprint) ?? key) };
}
