// The kinds of files that are followed in the keys directory: key files, with what they mean and which keys stay; the
// sidecars beside them; and whatever else lies there, since a private key must not.

import { isDeepStrictEqual } from 'node:util';
import type { FileKind, Kinds, Usable } from '../files/kind.ts';
import type { FilesState } from '../files/table.ts';
import type { Algorithm } from '../token/algorithms.ts';
import type { VerificationKey } from './key.ts';
import { parseKeyFile } from './keyfile.ts';
import { isKeyFileName, keyNamesOf, stemOf } from './names.ts';
import { holdsPrivateKey } from './private-text.ts';
import {
  type FiledRules,
  isSidecarName,
  issuerStemOf,
  type SidecarReader,
  sidecarNameOf,
} from './sidecar.ts';
import { haveSameKeys } from './snapshot.ts';

export interface FiledKeys {
  readonly keys: readonly VerificationKey[];
}

export const MAX_KEY_FILE_BYTES = 64 * 1024;

const keyFiles = (algorithms: readonly Algorithm[]): FileKind<FiledKeys> => ({
  noun: 'key file',
  maxBytes: MAX_KEY_FILE_BYTES,
  isNamed: isKeyFileName,
  companionsOf: (name) => [sidecarNameOf(stemOf(name))],
  // One byte a character: what counts is ASCII, and a comment may be in any encoding.
  parse: (bytes) => parseKeyFile(bytes.toString('latin1'), algorithms),
  keep: keepKeys,
});

export interface OtherFile {
  readonly holdsPrivateKey: boolean;
}

/** A name that no key file has is no safe place for a private key: not for `ops.key`, and not for an editor's `.swp`. */
const OTHER_FILES: FileKind<OtherFile> = {
  noun: 'file of interest',
  maxBytes: 64 * 1024,
  isNamed: () => true,
  isIgnored: true,
  parse: (bytes) => ({ usable: true, holdsPrivateKey: holdsPrivateKey(bytes.toString('latin1')) }),
  keep: (found, before) => (found.holdsPrivateKey === before.holdsPrivateKey ? before : found),
};

/** What is followed in the keys directory; a name is of the first kind that takes it. */
export interface KeyFileKinds extends Kinds {
  readonly keys: FileKind<FiledKeys>;
  readonly rules: FileKind<FiledRules>;
  readonly others: FileKind<OtherFile>;
}

/**
 * @param algorithms that the settings list: keys of other kinds do not count
 * @param readSidecar knows what the rules mean
 */
export const followedKinds = (
  algorithms: readonly Algorithm[],
  readSidecar: SidecarReader,
): KeyFileKinds => ({
  keys: keyFiles(algorithms),
  rules: {
    noun: 'sidecar',
    maxBytes: 64 * 1024,
    settles: true,
    isNamed: isSidecarName,
    companionsOf: (name) => keyNamesOf(issuerStemOf(name)),
    parse: readSidecar,
    keep: (found, before) => (isDeepStrictEqual(found.rules, before.rules) ? before : found),
  },
  others: OTHER_FILES,
});

export type KeyFilesState = FilesState<KeyFileKinds>;

/** A key that stays keeps its object: whoever remembers verified tokens compares key objects. */
function keepKeys(found: Usable<FiledKeys>, before: Usable<FiledKeys>): Usable<FiledKeys> {
  if (haveSameKeys(found, before)) return before;
  const known = new Map(before.keys.map((key) => [key.thumbprint, key]));
  return { ...found, keys: found.keys.map((key) => known.get(key.thumbprint) ?? key) };
}
