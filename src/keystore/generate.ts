// Makes a key pair: the private half outside of the keys directory, the public half inside, in a file of its own or
// behind the keys of one. Overwrites nothing and leaves nothing half done behind.

import { generateKeyPair as generate, type KeyObject, randomUUID } from 'node:crypto';
import { link, lstat, mkdir, realpath, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { isInside } from '../files/inside.ts';
import { writeNewFile } from '../files/write-new.ts';
import { type Algorithm, DEFAULT_ALGORITHM, FILE_ALGORITHMS, fileKindFor } from '../token/algorithms.ts';
import { addKey } from './change.ts';
import { MAX_KEY_BITS, MIN_KEY_BITS } from './key.ts';
import { parseKeyFile } from './keyfile.ts';
import { hasKeySuffix, isKeyFileName } from './names.ts';

const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

export interface KeyPairFiles {
  readonly privateFile: string;
  readonly publicFile: string;
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
}

export interface KeyPairRequest {
  readonly name: string;
  readonly keysDirectory: string;
  readonly privateDirectory: string;
  /** What the pair is to sign with; RS256 unless told. */
  readonly algorithm?: Algorithm;
  /** Of an RSA key. */
  readonly bits?: number;
  /** Makes the keys directory where it is missing. */
  readonly makesDirectory?: boolean;
  /** `NAME.pub` is there and gets one more key; the private half goes to the first of `NAME.key`, `NAME.2.key` … that is free. */
  readonly adds?: boolean;
}

/**
 * Writes `privateDirectory/NAME.key` (PKCS#8 PEM, mode 0600) and `keysDirectory/NAME.pub` (SPKI PEM).
 * @throws Failure `file_exists` when either is there; `keys_unchanged` where there is nothing to add to;
 * `key_file_invalid` for a name or a size that cannot be used, or a private directory inside the keys directory;
 * `keys_unreadable` when a directory cannot be used.
 */
export async function generateKeyPair(request: KeyPairRequest): Promise<KeyPairFiles> {
  const { name, algorithm = DEFAULT_ALGORITHM, bits = MIN_KEY_BITS, adds = false } = request;
  checkName(name);
  checkBits(bits);
  const { privateDirectory, keysDirectory } = await resolveDirectories(request);
  const publicFile = join(keysDirectory, `${name}.pub`);
  const privateFile = adds ? await findFree(privateDirectory, name) : join(privateDirectory, `${name}.key`);
  if (!adds) for (const file of [privateFile, publicFile]) await checkFree(file);
  const pair = await makePair(algorithm, bits);
  const thumbprint = thumbprintOf(pair.publicKey);
  await writePair(pair, privateFile, () =>
    adds
      ? addKey(publicFile, pair.publicKey)
      : writeNewAtomically(publicFile, pair.publicKey.export({ format: 'pem', type: 'spki' })),
  );
  return { privateFile, publicFile, thumbprint };
}

async function resolveDirectories(request: KeyPairRequest) {
  const privateDirectory = await resolveDirectory('private', request.privateDirectory);
  if (request.makesDirectory) await makeDirectory(request.keysDirectory);
  const keysDirectory = await resolveDirectory('keys', request.keysDirectory);
  checkApart(privateDirectory, keysDirectory);
  return { privateDirectory, keysDirectory };
}

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function makePair(algorithm: Algorithm, bits: number): Promise<Pair> {
  const kind = fileKindFor(algorithm);
  if (kind === 'rsa') return promisify(generate)('rsa', { modulusLength: bits, publicExponent: 65_537 });
  if (kind === 'edwards') return promisify(generate)('ed25519');
  return promisify(generate)('ec', { namedCurve: kind as string });
}

function checkName(name: string): void {
  if (isKeyFileName(`${name}.pub`) && !hasKeySuffix(name) && !name.endsWith('.key')) return;
  throw new Failure(
    'key_file_invalid',
    'A key name has 1 to 124 characters of A-Z a-z 0-9 . _ -, does not begin with a dot, and is given without .pub, .pem or .key.',
  );
}

function checkBits(bits: number): void {
  if (Number.isInteger(bits) && bits >= MIN_KEY_BITS && bits <= MAX_KEY_BITS) return;
  throw new Failure('key_file_invalid', `An RSA key has ${MIN_KEY_BITS} to ${MAX_KEY_BITS} bits.`);
}

/** Its parent has to be there: the default is a folder beside the settings. */
async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw cannotUse(`the keys directory ${JSON.stringify(directory)}`, error);
  });
}

async function resolveDirectory(which: 'keys' | 'private', directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    throw cannotUse(`the ${which} directory ${JSON.stringify(directory)}`, error);
  }
}

/** Whoever may read the public keys, and every backup of them, would get the private key too. */
function checkApart(privateDirectory: string, keysDirectory: string): void {
  if (privateDirectory !== keysDirectory && !isInside(privateDirectory, keysDirectory)) return;
  throw new Failure(
    'key_file_invalid',
    `The private key must not be written into the keys directory ${JSON.stringify(keysDirectory)}; choose a directory outside of it.`,
  );
}

/** Only to refuse before the work of making a key; the exclusive writes decide. */
async function checkFree(file: string): Promise<void> {
  if (await isTaken(file)) throw alreadyExists(file);
}

const isTaken = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

async function findFree(directory: string, name: string): Promise<string> {
  let file = join(directory, `${name}.key`);
  for (let number = 2; await isTaken(file); number++) file = join(directory, `${name}.${number}.key`);
  return file;
}

async function writePair(
  { privateKey }: Pair,
  privateFile: string,
  writePublic: () => Promise<void>,
): Promise<void> {
  await writeNew(privateFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), PRIVATE_MODE);
  try {
    await writePublic();
  } catch (error) {
    await unlink(privateFile);
    throw error;
  }
}

/** The running guard sees the whole file or none; `link` fails where the name is taken, `rename` would not. */
async function writeNewAtomically(file: string, text: string | Buffer): Promise<void> {
  const draft = join(file, '..', `.${randomUUID()}`);
  await writeNew(draft, text, PUBLIC_MODE);
  try {
    await link(draft, file).catch((error: unknown) => {
      throw explainWrite(file, error);
    });
  } finally {
    await unlink(draft);
  }
}

const writeNew = (file: string, text: string | Buffer, mode: number): Promise<void> =>
  writeNewFile(file, text, mode).catch((error: unknown) => {
    throw explainWrite(file, error);
  });

function thumbprintOf(publicKey: KeyObject): string {
  const file = parseKeyFile(publicKey.export({ format: 'pem', type: 'spki' }).toString(), FILE_ALGORITHMS);
  const key = file.usable ? file.keys[0] : undefined;
  if (!key)
    throw new Failure('key_file_invalid', 'The key that was made does not pass the rules for key files.');
  return key.thumbprint;
}

const explainWrite = (file: string, error: unknown): Failure =>
  codeOf(error) === 'EEXIST' ? alreadyExists(file) : cannotUse(JSON.stringify(file), error);

const alreadyExists = (file: string): Failure =>
  new Failure(
    'file_exists',
    `${JSON.stringify(file)} exists already and is not overwritten; choose another name.`,
  );

const cannotUse = (what: string, error: unknown): Failure =>
  new Failure('keys_unreadable', `Cannot use ${what} (${codeOf(error)}).`, { cause: error });
