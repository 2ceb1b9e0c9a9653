// Whether bytes that lie among public keys hold a private one, in whatever form people have them. Knows no file.

import { createPrivateKey } from 'node:crypto';
import { decodeBase64 } from './base64.ts';

export const PRIVATE_REASON =
  'A PRIVATE KEY lies in this file. Move it away from the keys directory now, replace the pair if others could read it, and leave only the public half.';

/** Bounded repetition keeps the search linear in hostile text. Without END on purpose: half a secret is a secret. */
const PRIVATE_BLOCK = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-\d/;
/** PFX ::= SEQUENCE { version INTEGER 3, SEQUENCE ... } (RFC 7292 §4): such a store is made to carry a private key. */
const PKCS12 = /^0[\x80-\x84][\0-\xff]{0,4}\x02\x01\x030/;

/** @param text one byte a character */
export function holdsPrivateKey(text: string): boolean {
  if (PRIVATE_BLOCK.test(text) || PKCS12.test(text)) return true;
  const wide = decodeUtf16(text);
  if (wide !== undefined) return PRIVATE_BLOCK.test(wide);
  if (text.startsWith('0')) return isPrivateDer(Buffer.from(text, 'latin1'));
  if (/^\s*[[{]/.test(text)) return listJwks(text).some(isPrivateJwk);
  const packed = decodeBase64(text);
  return packed !== undefined && isPrivateDer(packed);
}

/** PKCS#8, PKCS#1 and SEC 1, encrypted ones too. A secret under a public label is still a secret. */
export function isPrivateDer(der: Buffer): boolean {
  return (['pkcs1', 'pkcs8', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key: der, format: 'der', type });
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE';
    }
  });
}

/** The text behind UTF-16, with a byte order mark or, where every other byte is zero, without. */
export function decodeUtf16(text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  if (/^\xff\xfe|^[^\0]\0[^\0]\0/.test(text)) return bytes.toString('utf16le');
  if (!/^\xfe\xff|^\0[^\0]\0[^\0]/.test(text)) return undefined;
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return even.swap16().toString('utf16le');
}

export interface Jwk {
  readonly kty: string;
  readonly d?: unknown;
}

/** The JWKs of a JSON text (RFC 7517 §4, §5): one, or those of a set. */
export function listJwks(text: string): Jwk[] {
  try {
    const value: unknown = JSON.parse(text);
    const { keys } = (value ?? {}) as { keys?: unknown };
    return (Array.isArray(keys) ? keys : [value]).filter(isJwk);
  } catch {
    return [];
  }
}

const isJwk = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Jwk>).kty === 'string';

/** A symmetric key is nothing but secret. */
const isPrivateJwk = ({ kty, d }: Jwk): boolean => d !== undefined || kty === 'oct';
