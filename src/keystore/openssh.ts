// One OpenSSH public key line: its type, the base64 behind it, a comment (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
// Knows no file.

import { decodeBase64 } from './base64.ts';
import { readSshPoint } from './curves.ts';
import { toPositive, toRsaJwk } from './der.ts';
import type { PublicJwk } from './jwk.ts';

const TYPES: ReadonlySet<string> = new Set([
  'ssh-rsa',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
]);

/** Keys in hardware (`sk-`) sign more than what they are given, certificates are for whoever has their CA, DSA is no more. */
const OTHER_LINE = /^(?:ssh|ecdsa|rsa|sk)-[\w@.-]+[ \t]+AAAA/;

export type SshLine =
  | { readonly kind: 'key'; readonly jwk: PublicJwk }
  | { readonly kind: 'other' | 'broken' };

/** Undefined for a line that is none. */
export function readSshLine(line: string): SshLine | undefined {
  const [type = '', text = ''] = line.trim().split(/[ \t]+/, 2);
  if (!TYPES.has(type)) return OTHER_LINE.test(line.trim()) ? { kind: 'other' } : undefined;
  const jwk = readBlob(type, decodeBase64(text));
  return jwk ? { kind: 'key', jwk } : { kind: 'broken' };
}

/** The type that a blob of bytes says it is of, where it is one of those read here. */
export function sshTypeOf(blob: Buffer): string | undefined {
  const type = splitFields(blob)?.[0]?.toString('latin1');
  return type !== undefined && TYPES.has(type) ? type : undefined;
}

/** Read to the last byte; the blob says its type once more. */
function readBlob(type: string, blob: Buffer | undefined): PublicJwk | undefined {
  const [named, ...fields] = (blob && splitFields(blob)) ?? [];
  if (named?.toString('latin1') !== type) return undefined;
  if (type !== 'ssh-rsa') return readSshPoint(type, fields);
  const exponent = fields[0] && toPositive(fields[0]);
  const modulus = fields[1] && toPositive(fields[1]);
  return modulus && exponent && fields.length === 2 ? toRsaJwk({ modulus, exponent }) : undefined;
}

/** RFC 4251 §5: each field is a 32-bit length and that many bytes. */
function splitFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
