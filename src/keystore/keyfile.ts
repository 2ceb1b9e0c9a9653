// What the text of one key file means: its keys, or the one sentence why it has none. Knows no file system.

import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { type BadFile, bad, incomplete } from '../files/bad-file.ts';
import { type RsaNumbers, readRsaPublicKey, readRsaSpki } from './der.ts';
import { makeVerificationKey, type VerificationKey } from './key.ts';
import { readSshRsaLine } from './openssh.ts';
import { type PemBlock, splitPem } from './pem.ts';

export type KeyFile = { readonly usable: true; readonly keys: readonly VerificationKey[] } | BadFile;

type KeyOrBad = VerificationKey | BadFile;

/** A token whose signature is bad has each of them tried. */
const MAX_KEYS = 8;

/** Bounded repetition keeps the search linear in hostile text. Without END on purpose: half a secret is a secret. */
const PRIVATE_BLOCK = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/;
const OTHER_SSH_KEY = /^(?:ssh-(?!rsa)[a-z0-9]+|ecdsa-sha2-|sk-|rsa-sha2-)[^ \t]*[ \t]+AAAA/;
const PRIVATE_REASON =
  'A PRIVATE KEY lies in this file. Move it away from the keys directory now, replace the pair if others could read it, and leave only the public half.';

/**
 * Reads SPKI and PKCS#1 PEM, X.509 certificates and OpenSSH `ssh-rsa` lines, any number of them in one file. One
 * bad part makes the whole file bad: a file that is half understood is not understood.
 */
export function parseKeyFile(text: string): KeyFile {
  if (text.trim() === '') return incomplete('The file is empty.');
  if (PRIVATE_BLOCK.test(text)) return bad(PRIVATE_REASON);
  const split = splitPem(text);
  if ('flaw' in split) return incomplete(split.flaw);
  const keys = new Map<string, VerificationKey>();
  const found = [...split.blocks.map(readBlock), ...split.outside.flatMap(readLine)];
  for (const key of found) {
    if ('usable' in key) return key;
    keys.set(found.length === 1 ? '' : key.thumbprint, key);
  }
  if (keys.size > MAX_KEYS) return bad(`The file holds ${keys.size} keys; at most ${MAX_KEYS} are allowed.`);
  if (keys.size > 0) return { usable: true, keys: Object.freeze([...keys.values()]) };
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

/** A secret under a public label is still a secret, and OpenSSL would quietly take its public half. */
function explainBytes({ label, der }: PemBlock): BadFile {
  for (const type of ['pkcs1', 'pkcs8'] as const) {
    try {
      createPrivateKey({ key: der, format: 'der', type });
      return bad(PRIVATE_REASON);
    } catch {
      // Not this kind of private key.
    }
  }
  return bad(`The block "${label}" does not hold what its label says, to the last byte.`);
}
