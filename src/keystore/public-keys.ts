// Public keys of every kind a token may be signed for, from PEM text and from JWKs, and their fingerprints. The keys
// directory has its own, narrower reader. Knows no file and no network.
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmsFor } from '../token/algorithms.ts';
import type { IssuerKey } from '../token/verify.ts';
import { MIN_KEY_BITS } from './key.ts';
import { splitPem } from './pem.ts';

const LABELS: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE']);

/** The public keys of a PEM text, or the sentence that says why it holds none. One bad block spoils the text. */
export function readPemKeys(text: string): readonly IssuerKey[] | { readonly flaw: string } {
  if (/PRIVATE KEY/.test(text)) return { flaw: 'holds a private key: name the public half' };
  const split = splitPem(text);
  if ('flaw' in split || split.blocks.length === 0) return { flaw: 'holds no PEM block of a public key' };
  const keys: IssuerKey[] = [];
  for (const { label, der } of split.blocks) {
    const key = LABELS.has(label) ? importPem(label, der) : undefined;
    if (key === undefined) return { flaw: `holds a block "${label}" that is no public key` };
    keys.push(key);
  }
  return keys;
}

/** As EMQX takes it: exactly one PEM block of any kind that has a public half. */
export function readBrokerPem(text: string): readonly IssuerKey[] | { readonly flaw: string } {
  const split = splitPem(text);
  const [block, ...others] = 'flaw' in split ? [] : split.blocks;
  const key = block === undefined || others.length > 0 ? undefined : importPem(block.label, block.der);
  return key === undefined ? { flaw: 'does not hold exactly one PEM block of a key' } : [key];
}

/** Undefined where OpenSSL cannot read it, or no algorithm knows such a key. */
function importPem(label: string, der: Buffer): IssuerKey | undefined {
  const body = der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return importKey(() => createPublicKey(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`));
}

/** The same of a JWK's public members. */
export const importJwk = (jwk: JsonWebKey): IssuerKey | undefined =>
  importKey(() => createPublicKey({ key: jwk, format: 'jwk' }));

function importKey(make: () => KeyObject): IssuerKey | undefined {
  try {
    const key = make();
    return algorithmsFor(key).length === 0 ? undefined : { key, thumbprint: computeThumbprint(key) };
  } catch {
    return undefined;
  }
}

/** RFC 7638 §3 and RFC 8037 §2: the required members in lexical order, no white space. */
function computeThumbprint(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const members = ['crv', 'e', 'kty', 'n', 'x', 'y'].flatMap((name) => {
    const value = jwk[name];
    return value === undefined ? [] : [[name, value]];
  });
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

/** RFC 7518 §3.3: RSA keys of fewer than 2048 bits sign nothing that may be trusted. */
export function isWeakKey({ key }: IssuerKey): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_KEY_BITS;
}
