// A token in a file of its own: written in one step for its owner alone, and left as it is while it is good for long
// enough. Overwrites nothing but a token.
import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JWTPayload } from 'jose';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readWhole, UnreadableFile } from '../files/read.ts';
import { replaceFile } from '../files/replace.ts';
import { type Algorithm, isSignatureGood } from '../token/algorithms.ts';
import { decodeToken } from '../token/jws.ts';

const PRIVATE_MODE = 0o600;
const MAX_BYTES = 1024 * 1024;

/** A file that a token may be written to; its token, where it holds one already. */
export interface TokenFile {
  readonly path: string;
  readonly token: string | undefined;
}

/** @throws Failure where something else than a token is there */
export function openTokenFile(name: string): TokenFile {
  if (!existsSync(name)) return { path: name, token: undefined };
  const path = realpathSync(name);
  const text = readTokenText(path).trim();
  if (text === '') return { path, token: undefined };
  if (decodeToken(text, MAX_BYTES).allowed) return { path, token: text };
  throw new Failure('file_exists', `--out: ${name} holds something that is no token, and is not overwritten`);
}

function readTokenText(path: string): string {
  try {
    return readWhole(path, { maxBytes: MAX_BYTES }).toString('latin1');
  } catch (error) {
    const what = error instanceof UnreadableFile ? error.message : codeOf(error);
    throw new Failure('file_exists', `--out: ${path} cannot be read (${what}), and is not overwritten`);
  }
}

export async function writeToken({ path }: TokenFile, token: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  await replaceFile(path, () => `${token}\n`, { draft, mode: PRIVATE_MODE }).catch((error: unknown) => {
    const code = codeOf(error);
    const why = code === 'ENOENT' ? 'its directory does not exist' : code;
    throw new Failure('file_exists', `--out: ${path} cannot be written (${why})`);
  });
}

/** What a token in a file has to be, so as to stay. */
export interface Wanted {
  readonly claims: JWTPayload & { readonly iat: number; readonly exp: number };
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/**
 * Whether a token is what would be signed now but for its time, and a third of its lifetime is left. After a change of the
 * key or of a claim it is not.
 */
export function isGoodForLong(token: string, { claims, algorithm, key }: Wanted): boolean {
  const decoded = decodeToken(token, MAX_BYTES);
  if (!decoded.allowed) return false;
  const { claimedHeader, claimedPayload, signingInput, signature } = decoded.value;
  const { iat, exp, ...others } = claimedPayload;
  const { iat: now, exp: end, ...wanted } = claims;
  if (typeof iat !== 'number' || typeof exp !== 'number') return false;
  const isSame = claimedHeader.alg === algorithm && isDeepStrictEqual({ ...others }, wanted);
  const isInTime = iat <= now && exp - iat === end - now && exp - now > (exp - iat) / 3;
  return isSame && isInTime && isSignatureGood(algorithm, createPublicKey(key), signingInput, signature);
}
