// Changes the keys of one file of the keys directory in one step: one more, or one fewer. What a running guard reads is
// the file of before or the file of after. Makes no key.

import type { KeyObject } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readWhole } from '../files/read.ts';
import { replaceFile } from '../files/replace.ts';
import { FILE_ALGORITHMS } from '../token/algorithms.ts';
import type { VerificationKey } from './key.ts';
import { MAX_KEY_FILE_BYTES } from './key-files.ts';
import { type KeyFile, parseKeyFile } from './keyfile.ts';

const PUBLIC_MODE = 0o644;

/**
 * Puts a public key behind those of a file, which stay as they are written.
 * @throws Failure `keys_unchanged` where the file is missing or not usable, or would be afterwards
 */
export function addKey(file: string, publicKey: KeyObject): Promise<void> {
  return changeKeys(file, (text) => {
    const lineEnd = text.endsWith('\n') ? '' : '\n';
    const changed = text + lineEnd + toPem(publicKey);
    refuseUnusable(file, parse(changed));
    return changed;
  });
}

/**
 * Takes a key out of a file. The others are written anew, as PEM: with a certificate gone, the one that had signed it would
 * count as an issuer's own.
 * @returns how many keys are left
 * @throws Failure `keys_unchanged` where the key is not in it, or is its last one and `mayEmpty` is not set
 */
export async function removeKey(file: string, thumbprint: string, mayEmpty: boolean): Promise<number> {
  let left = 0;
  await changeKeys(file, (_, keys) => {
    const others = keys.filter((key) => key.thumbprint !== thumbprint);
    left = others.length;
    if (left === keys.length) throw unchanged(file, 'does not hold this key');
    if (left > 0) return others.map(({ key }) => toPem(key)).join('');
    if (mayEmpty) return undefined;
    throw unchanged(
      file,
      'would have no key any more, and its issuer would be gone: say --force where that is meant',
    );
  });
  return left;
}

/** The draft lets one change in at a time: two at once would lose one of them. */
async function changeKeys(
  file: string,
  change: (text: string, keys: readonly VerificationKey[]) => string | undefined,
): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.change`);
  const makeContent = () => {
    const text = readWhole(file, { isRealPath: true, maxBytes: MAX_KEY_FILE_BYTES }).toString('latin1');
    const changed = change(text, refuseUnusable(file, parse(text)));
    return changed === undefined ? undefined : Buffer.from(changed, 'latin1');
  };
  await replaceFile(file, makeContent, { draft, mode: PUBLIC_MODE, keepsMode: true }).catch(
    (error: unknown) => {
      throw error instanceof Failure ? error : explain(file, draft, codeOf(error));
    },
  );
}

/** By every algorithm there is: what the settings list is the guard's own matter. */
const parse = (text: string): KeyFile => parseKeyFile(text, FILE_ALGORITHMS);

function refuseUnusable(file: string, read: KeyFile): readonly VerificationKey[] {
  if (read.usable) return read.keys;
  throw unchanged(file, `cannot be changed so. ${read.reason}`);
}

const toPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

function explain(file: string, draft: string, code: string): Failure {
  switch (code) {
    case 'ENOENT':
      return unchanged(file, 'is not there');
    case 'ELOOP':
      return unchanged(file, 'is a link: change the file that it leads to');
    case 'EEXIST':
      return unchanged(
        file,
        `is being changed: ${draft} is there. Where nobody is at it any more, remove that`,
      );
    default:
      return unchanged(file, `cannot be changed (${code})`);
  }
}

const unchanged = (file: string, what: string): Failure =>
  new Failure('keys_unchanged', `${file} ${what}.`.replace(/\.\.$/, '.'));
