// What the text of one key file means: its keys, or the one sentence why it has none. Knows no file system.

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type BadFile, bad, incomplete } from '../files/bad-file.ts';
import { type Algorithm, DEFAULT_ALGORITHM } from '../token/algorithms.ts';
import { findSigners } from './chain.ts';
import { readCurveSpki } from './curves.ts';
import { type RsaNumbers, readRsaPublicKey, readRsaSpki, toRsaJwk } from './der.ts';
import { describeForeignForm } from './foreign-form.ts';
import type { PublicJwk } from './jwk.ts';
import { makeVerificationKey, nameKeyType, type VerificationKey } from './key.ts';
import { readSshLine } from './openssh.ts';
import { type PemBlock, splitPem } from './pem.ts';
import { holdsPrivateKey, isPrivateDer, PRIVATE_REASON } from './private-text.ts';

export type KeyFile = { readonly usable: true; readonly keys: readonly VerificationKey[] } | BadFile;

type KeyOrBad = VerificationKey | BadFile;

/** A token whose signature is bad has each of them tried. */
const MAX_KEYS = 8;

const NO_FIRST_CERTIFICATE =
  'Each certificate of this file has signed another one of it, so none is the issuer. Leave in only the one that is.';

/**
 * Reads SPKI and PKCS#1 PEM, X.509 certificates and OpenSSH lines, any number of them in one file. One bad part makes
 * the whole file bad: a file that is half understood is not understood.
 * @param text one byte a character
 * @param algorithms a key counts where one of them is for its kind
 */
export function parseKeyFile(text: string, algorithms: readonly Algorithm[] = [DEFAULT_ALGORITHM]): KeyFile {
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
    const unlisted = explainUnlisted(key, algorithms);
    if (unlisted !== undefined) return bad(unlisted);
    keys.set(found.length === 1 ? '' : key.thumbprint, key);
  }
  if (keys.size > MAX_KEYS) return bad(`The file holds ${keys.size} keys; at most ${MAX_KEYS} are allowed.`);
  if (keys.size > 0) return { usable: true, keys: Object.freeze([...keys.values()]) };
  if (signers.size > 0) return bad(NO_FIRST_CERTIFICATE);
  return incomplete('The file holds no public key: no PEM block and no line of OpenSSH.');
}

/** Nobody has to know of kinds of keys that nobody has asked for; whoever drops one in has to learn what to ask for. */
function explainUnlisted(key: VerificationKey, listed: readonly Algorithm[]): string | undefined {
  const { algorithms } = key;
  if (algorithms.some((name) => listed.includes(name))) return undefined;
  const wanted = [...listed, algorithms[0]].join(', ');
  return `The key is ${nameKeyType(key)}, and no listed algorithm is for such keys: write guard.token.algorithms = [${wanted}].`;
}

function readBlock(block: PemBlock): KeyOrBad {
  switch (block.label) {
    case 'PUBLIC KEY':
      return readSpki(block.der);
    case 'RSA PUBLIC KEY':
      return toKey(toJwk(readRsaPublicKey(block.der)), () => explainBytes(block));
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
  return readSpki(spki);
}

function readLine(text: string): KeyOrBad[] {
  const line = readSshLine(text);
  if (line === undefined) return [];
  if (line.kind === 'other') return [bad(OTHER_SSH_KEY)];
  const jwk = line.kind === 'key' ? line.jwk : undefined;
  return [toKey(jwk, () => incomplete('The line of OpenSSH is malformed or cut short.'))];
}

const OTHER_SSH_KEY =
  'The file holds an OpenSSH key of a type that is not read; ssh-rsa, ecdsa-sha2-nistp256, -384, -521 and ssh-ed25519 are.';

const readSpki = (der: Buffer): KeyOrBad =>
  toKey(toJwk(readRsaSpki(der)) ?? readCurveSpki(der), () => explainSpki(der));

const toJwk = (numbers: RsaNumbers | undefined): PublicJwk | undefined => numbers && toRsaJwk(numbers);

function toKey(jwk: PublicJwk | undefined, explain: () => BadFile): KeyOrBad {
  if (!jwk) return explain();
  const key = makeVerificationKey(jwk);
  return 'flaw' in key ? bad(key.flaw) : key;
}

/** OpenSSL is asked only to name what was refused. */
function explainSpki(der: Buffer): BadFile {
  const block = { label: 'PUBLIC KEY', der };
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const isWhole = key.export({ format: 'der', type: 'spki' }).equals(der);
    if (!isWhole || key.asymmetricKeyType === 'rsa') return explainBytes(block);
    return bad(explainType(key));
  } catch {
    return explainBytes(block);
  }
}

const NIST_CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

function explainType({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve } = asymmetricKeyDetails ?? {};
  return namedCurve !== undefined && NIST_CURVES.has(namedCurve)
    ? 'The key is written with a compressed point or with the numbers of its curve. Write it out: openssl ec -pubin -in FILE -conv_form uncompressed -param_enc named_curve.'
    : `The key is of type ${namedCurve ?? type}; RSA, P-256, P-384, P-521 and Ed25519 are read.`;
}

function explainBytes({ label, der }: PemBlock): BadFile {
  if (isPrivateDer(der)) return bad(PRIVATE_REASON);
  return bad(`The block "${label}" does not hold what its label says, to the last byte.`);
}
