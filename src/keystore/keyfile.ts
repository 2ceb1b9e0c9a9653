// What the text of one key file means: its keys, or the one sentence why it has none. Knows no file system.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { type BadFile, bad, incomplete } from '../files/bad-file.ts';
import { findSigners } from './chain.ts';
import { type RsaNumbers, readRsaPublicKey, readRsaSpki } from './der.ts';
import { describeForeignForm } from './foreign-form.ts';
import { makeVerificationKey, type VerificationKey } from './key.ts';
import { readSshRsaLine } from './openssh.ts';
import { type PemBlock, splitPem } from './pem.ts';
import { holdsPrivateKey, isPrivateDer, PRIVATE_REASON } from './private-text.ts';

export type KeyFile = { readonly usable: true; readonly keys: readonly VerificationKey[] } | BadFile;

type KeyOrBad = VerificationKey | BadFile;

/** A token whose signature is bad has each of them tried. */
const MAX_KEYS = 8;

const NO_FIRST_CERTIFICATE =
  'Each certificate of this file has signed another one of it, so none is the issuer. Leave in only the one that is.';

const OTHER_SSH_KEY = /^(?:ssh-(?!rsa)[a-z0-9]+|ecdsa-sha2-|sk-|rsa-sha2-)[^ \t]*[ \t]+AAAA/;

/**
 * Reads SPKI and PKCS#1 PEM, X.509 certificates and OpenSSH `ssh-rsa` lines, any number of them in one file. One
 * bad part makes the whole file bad: a file that is half understood is not understood.
 * @param text one byte a character
 */
export function parseKeyFile(text: string): KeyFile {
  if (text.trim() === '') return incomplete('The file is empty.');
  if (holdsPrivateKey(text)) return bad(PRIVATE_REASON);
  const foreign = describeForeignForm(text);
  if (foreign !== undefined) return bad(foreign);
  const split = splitPem(text);
  if ('flaw' in split) return incomplete(split.flaw);
  const keys = new Map<string, VerificationKey>();
  const signers = findSigners(split.blocks);
  const blocks = split.blocks.filter((block) => !signers.has(block));
  const found = [...blocks.map(readBlock), ...split.outside.flatMap(readLine)];
  for (const key of found) {
    if ('usable' in key) return key;
    keys.set(found.length === 1 ? '' : key.thumbprint, key);
  }
  if (keys.size > MAX_KEYS) return bad(`The file holds ${keys.size} keys; at most ${MAX_KEYS} are allowed.`);
  if (keys.size > 0) return { usable: true, keys: Object.freeze([...keys.values()]) };
  if (signers.size > 0) return bad(NO_FIRST_CERTIFICATE);
  return incomplete('The file holds no public key: no PEM block and no ssh-rsa line.');
}

function readBlock(block: PemBlock): KeyOrBad {
  switch (block.label) {
    case 'PUBLIC KEY':
      return toKey(readRsaSpki(block.der), () => explainSpki(block.der));
    case 'RSA PUBLIC KEY':
      return toKey(readRsaPublicKey(block.der), () => explainBytes(block));
    case 'CERTIFICATE':
      return readCertificate(block);
    default:
      return bad(`The block "${block.label}" is not a public key or a certificate.`);
  }
}

/** Only the key is taken: validity dates and chains say nothing about who may call a broker. */
function readCertificate(block: PemBlock): KeyOrBad {
  let spki: Buffer;
  try {
    const certificate = new X509Certificate(block.der);
    // OpenSSL stops at the end of the certificate; bytes after it are nobody's.
    if (!certificate.raw.equals(block.der)) return explainBytes(block);
    spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  } catch {
    return explainBytes(block);
  }
  return toKey(readRsaSpki(spki), () => explainSpki(spki));
}

function readLine(line: string): KeyOrBad[] {
  const text = line.trim();
  if (OTHER_SSH_KEY.test(text)) return [bad('The file holds an OpenSSH key that is not ssh-rsa.')];
  if (!/^ssh-rsa[ \t]/.test(text)) return [];
  return [toKey(readSshRsaLine(text), () => incomplete('The ssh-rsa line is malformed or cut short.'))];
}

function toKey(numbers: RsaNumbers | undefined, explain: () => BadFile): KeyOrBad {
  if (!numbers) return explain();
  const key = makeVerificationKey(numbers);
  return 'flaw' in key ? bad(key.flaw) : key;
}

/** OpenSSL is asked only to name what was refused. */
function explainSpki(der: Buffer): BadFile {
  try {
    const { asymmetricKeyType } = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (asymmetricKeyType !== 'rsa') return bad(`The key is of type ${asymmetricKeyType}; RSA is required.`);
  } catch {
    // Not a public key at all: explained below.
  }
  return explainBytes({ label: 'PUBLIC KEY', der });
}

function explainBytes({ label, der }: PemBlock): BadFile {
  if (isPrivateDer(der)) return bad(PRIVATE_REASON);
  return bad(`The block "${label}" does not hold what its label says, to the last byte.`);
}
