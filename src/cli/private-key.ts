// Reading an issuer's private key: from a file or standard input, never from an argument.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readWhole } from '../files/read.ts';
import { MIN_KEY_BITS } from '../keystore/key.ts';
import { redact } from './redact.ts';
import type { Terminal } from './terminal.ts';

/**
 * @param file a path, or `-` for standard input
 * @throws Failure('key_file_invalid') with a sentence that says what the file is instead
 */
export async function readPrivateKey(file: string, terminal: Terminal): Promise<KeyObject> {
  const key = parsePrivateKey(file === '-' ? await terminal.readInput() : readKeyFile(file), file);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_KEY_BITS) {
    const what = `is not an RSA key of at least ${MIN_KEY_BITS} bits`;
    throw invalid(file, `${what}, and the guard would refuse its tokens`);
  }
  return key;
}

function readKeyFile(file: string): string {
  try {
    return readWhole(file).toString();
  } catch (error) {
    throw invalid(file, ADVICE.get(codeOf(error)) ?? `cannot be read (${(error as Error).message})`);
  }
}

const ADVICE = new Map([
  ['ENOENT', 'does not exist: name the file of the private key, such as ops.key'],
  ['EACCES', 'cannot be read by this user'],
  ['not_regular', 'is not a regular file'],
]);

function parsePrivateKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
      throw invalid(file, 'is encrypted: decrypt it first (openssl pkey -in FILE -out FILE.key)');
    }
    if (/BEGIN (?:RSA )?PUBLIC KEY/.test(pem))
      throw invalid(file, 'is a public key; signing needs the private half');
    if (pem.includes('BEGIN OPENSSH PRIVATE KEY')) {
      throw invalid(file, 'is in the form of OpenSSH: convert a copy (ssh-keygen -p -m PEM -f COPY)');
    }
    throw invalid(file, 'holds no private key in PEM');
  }
}

const invalid = (file: string, what: string): Failure =>
  new Failure('key_file_invalid', `${file === '-' ? 'standard input' : redact(file)} ${what}`);
