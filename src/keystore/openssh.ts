// One OpenSSH public key line (RFC 4253 §6.6): `ssh-rsa AAAA... comment`. Knows no file and no other key type.

import { decodeBase64 } from './base64.ts';
import { type RsaNumbers, toPositive } from './der.ts';

const KEY_TYPE = 'ssh-rsa';

/** Reads string "ssh-rsa", mpint e, mpint n to the last byte; undefined when anything is off. */
export function readSshRsaLine(line: string): RsaNumbers | undefined {
  const [type, text] = line.trim().split(/[ \t]+/, 2);
  const blob = type === KEY_TYPE && text !== undefined ? decodeBase64(text) : undefined;
  const fields = blob && splitFields(blob);
  if (fields?.length !== 3 || fields[0]?.toString('latin1') !== KEY_TYPE) return undefined;
  const exponent = fields[1] && toPositive(fields[1]);
  const modulus = fields[2] && toPositive(fields[2]);
  return modulus && exponent ? { modulus, exponent } : undefined;
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
