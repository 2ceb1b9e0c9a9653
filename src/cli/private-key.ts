// Reading an issuer's private key: from a file or standard input, never from an argument.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readWhole } from '../files/read.ts';
import { MIN_KEY_BITS } from '../keystore/key.ts';
import { type Algorithm, algorithmsFor, FILE_ALGORITHMS } from '../token/algorithms.ts';
import { redact } from './redact.ts';
import type { Terminal } from './terminal.ts';

/**
 * @param file a path, or `-` for standard input
 * @throws Failure('key_file_invalid') with a sentence that says what the file is instead
 */
export async function readPrivateKey(file: string, terminal: Terminal): Promise<KeyObject> {
  const key = parsePrivateKey(file === '-' ? await terminal.readInput() : readKeyFile(file), file);
  const flaw = findFlaw(key);
  if (flaw !== undefined) throw invalid(file, flaw);
  return key;
}

/** What a key can sign with so that a guard may accept it; the first is the one that is meant where nobody says. */
export const algorithmsToSign = (key: KeyObject): readonly Algorithm[] =>
  key.asymmetricKeyType === 'ed448'
    ? []
    : algorithmsFor(key).filter((algorithm) => FILE_ALGORITHMS.includes(algorithm));

function findFlaw(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa')
    return modulusLength < MIN_KEY_BITS
      ? `is an RSA key of ${modulusLength} bits: a guard takes no fewer than ${MIN_KEY_BITS}`
      : undefined;
  if (algorithmsToSign(key).length > 0) return undefined;
  return `is a key of the type ${namedCurve ?? key.asymmetricKeyType}: a guard takes RSA, P-256, P-384, P-521 and Ed25519`;
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
      throw invalid(
        file,
        'is in the form of OpenSSH: convert a copy, where it is RSA or ECDSA (ssh-keygen -p -m PEM -f COPY)',
      );
    }
    throw invalid(file, 'holds no private key in PEM');
  }
}

const invalid = (file: string, what: string): Failure =>
  new Failure('key_file_invalid', `${file === '-' ? 'standard input' : redact(file)} ${what}`);
