// Makes a key pair: the private half outside of the keys directory, the public half inside. Overwrites nothing and
// leaves nothing half done behind.

import { generateKeyPair as generate, type KeyObject, randomUUID } from 'node:crypto';
import { link, lstat, mkdir, realpath, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { isInside } from '../files/inside.ts';
import { writeNewFile } from '../files/write-new.ts';
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

/**
 * Writes `privateDirectory/NAME.key` (PKCS#8 PEM, mode 0600) and `keysDirectory/NAME.pub` (SPKI PEM).
 * @throws Failure `file_exists` when either is there; `key_file_invalid` for a name or a size that cannot be used, or
 * a private directory inside the keys directory; `keys_unreadable` when a directory cannot be used.
 */
export async function generateKeyPair(options: {
  name: string;
  keysDirectory: string;
  privateDirectory: string;
  bits?: number;
  /** Makes the keys directory where it is missing. */
  makesDirectory?: boolean;
}): Promise<KeyPairFiles> {
  const bits = options.bits ?? MIN_KEY_BITS;
  checkName(options.name);
  checkBits(bits);
  const privateDirectory = await resolveDirectory('private', options.privateDirectory);
  if (options.makesDirectory) await makeDirectory(options.keysDirectory);
  const keysDirectory = await resolveDirectory('keys', options.keysDirectory);
  checkApart(privateDirectory, keysDirectory);
  const privateFile = join(privateDirectory, `${options.name}.key`);
  const publicFile = join(keysDirectory, `${options.name}.pub`);
  for (const file of [privateFile, publicFile]) await checkFree(file);
  const pair = await promisify(generate)('rsa', { modulusLength: bits, publicExponent: 65_537 });
  const thumbprint = thumbprintOf(pair.publicKey);
  await writePair(pair, privateFile, publicFile);
  return { privateFile, publicFile, thumbprint };
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
  const found = await lstat(file).then(
    () => true,
    () => false,
  );
  if (found) throw alreadyExists(file);
}

async function writePair(
  pair: { publicKey: KeyObject; privateKey: KeyObject },
  privateFile: string,
  publicFile: string,
): Promise<void> {
  await writeNew(privateFile, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }), PRIVATE_MODE);
  try {
    await writeNewAtomically(publicFile, pair.publicKey.export({ format: 'pem', type: 'spki' }));
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
  const file = parseKeyFile(publicKey.export({ format: 'pem', type: 'spki' }).toString());
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
