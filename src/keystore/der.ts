// The few DER shapes (X.690 §10) an RSA public key can have, read to the last byte.
// OpenSSL is more forgiving: it skips trailing bytes, and takes a private key for a PKCS#1 public one.

import type { PublicJwk } from './jwk.ts';

/** Big-endian, positive, without leading zero bytes. */
export interface RsaNumbers {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
/** AlgorithmIdentifier { rsaEncryption, NULL } (RFC 3279 §2.3.1). RSASSA-PSS has another one, so it never fits. */
const RSA_ENCRYPTION = Buffer.from('300d06092a864886f70d0101010500', 'hex');

/** SubjectPublicKeyInfo of an RSA key (RFC 5280 §4.1); undefined when the bytes are anything else. */
export function readRsaSpki(der: Buffer): RsaNumbers | undefined {
  const body = readWhole(der, SEQUENCE);
  if (!body?.subarray(0, RSA_ENCRYPTION.length).equals(RSA_ENCRYPTION)) return undefined;
  const bits = readWhole(body.subarray(RSA_ENCRYPTION.length), BIT_STRING);
  return bits?.[0] === 0 ? readRsaPublicKey(bits.subarray(1)) : undefined;
}

/** PKCS#1 RSAPublicKey (RFC 8017 §A.1.1); undefined when the bytes are anything else, such as a private key. */
export function readRsaPublicKey(der: Buffer): RsaNumbers | undefined {
  const body = readWhole(der, SEQUENCE);
  const first = body && readElement(body, INTEGER);
  const second = first && readWhole(first.rest, INTEGER);
  const modulus = first && toPositive(first.content);
  const exponent = second && toPositive(second);
  return modulus && exponent ? { modulus, exponent } : undefined;
}

export const toRsaJwk = ({ modulus, exponent }: RsaNumbers): PublicJwk => ({
  e: exponent.toString('base64url'),
  kty: 'RSA',
  n: modulus.toString('base64url'),
});

/** The magnitude of a minimal two's-complement integer above zero; undefined for every other encoding. */
export function toPositive(integer: Buffer): Buffer | undefined {
  const [first, second] = integer;
  if (first === undefined || first >= 0x80) return undefined;
  if (first !== 0) return integer;
  return second !== undefined && second >= 0x80 ? integer.subarray(1) : undefined;
}

function readWhole(bytes: Buffer, tag: number): Buffer | undefined {
  const element = readElement(bytes, tag);
  return element?.rest.length === 0 ? element.content : undefined;
}

function readElement(bytes: Buffer, tag: number): { content: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2 || bytes[0] !== tag) return undefined;
  const size = readLength(bytes);
  if (size === undefined || size.start + size.length > bytes.length) return undefined;
  const end = size.start + size.length;
  return { content: bytes.subarray(size.start, end), rest: bytes.subarray(end) };
}

/** Definite lengths below 64 KiB in their shortest form; a key file is never longer. */
function readLength(bytes: Buffer): { start: number; length: number } | undefined {
  const first = bytes.readUInt8(1);
  if (first < 0x80) return { start: 2, length: first };
  if (first === 0x81 && bytes.length > 2) return shortest(3, bytes.readUInt8(2), 0x80);
  if (first === 0x82 && bytes.length > 3) return shortest(4, bytes.readUInt16BE(2), 0x100);
  return undefined;
}

function shortest(
  start: number,
  length: number,
  least: number,
): { start: number; length: number } | undefined {
  return length >= least ? { start, length } : undefined;
}
