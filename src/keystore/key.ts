// One RSA public key that may verify signatures: its limits and its fingerprint. Knows no file and no issuer.

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { RsaNumbers } from './der.ts';

export interface VerificationKey {
  /** Always of type `public`, asymmetric type `rsa`. Made when first asked for: most of many issuers are quiet. */
  readonly key: KeyObject;
  /** RFC 7518 §6.3.1: modulus and exponent as base64urlUInt. */
  readonly n: string;
  readonly e: string;
  /** Length of the modulus. */
  readonly bits: number;
  /** RFC 7638 SHA-256 thumbprint, base64url. Computed when first asked for. */
  readonly thumbprint: string;
}

export const MIN_KEY_BITS = 2048;
/** Anybody may have a signature checked: one of 8,192 bits takes six times as long as one of 2048, of 16,384 twenty times. */
export const MAX_KEY_BITS = 8192;
/** OpenSSL's own bound for large moduli; beyond it a signature check becomes expensive or impossible. */
const MAX_EXPONENT_BYTES = 8;

/** A key of these numbers, or the sentence that says why they make no safe key (RFC 7518 §3.3, FIPS 186-5 §5.4). */
export function makeVerificationKey(numbers: RsaNumbers): VerificationKey | { readonly flaw: string } {
  const bits = bitLength(numbers.modulus);
  const flaw = findSizeFlaw(bits) ?? findNumberFlaw(numbers);
  if (flaw !== undefined) return { flaw };
  return new RsaVerificationKey(numbers, bits);
}

class RsaVerificationKey implements VerificationKey {
  readonly n: string;
  readonly e: string;
  readonly bits: number;
  #key: KeyObject | undefined;
  #thumbprint: string | undefined;

  constructor({ modulus, exponent }: RsaNumbers, bits: number) {
    this.n = modulus.toString('base64url');
    this.e = exponent.toString('base64url');
    this.bits = bits;
  }

  get key(): KeyObject {
    // The JWK form: a twentieth of the time the PEM and DER decoders of OpenSSL 3 need for the same key.
    this.#key ??= createPublicKey({ key: { kty: 'RSA', n: this.n, e: this.e }, format: 'jwk' });
    return this.#key;
  }

  get thumbprint(): string {
    this.#thumbprint ??= computeThumbprint(this);
    return this.#thumbprint;
  }
}

/** RFC 7638 §3: the required members in lexical order, no white space. */
function computeThumbprint({ e, n }: VerificationKey): string {
  return createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
}

function findSizeFlaw(bits: number): string | undefined {
  if (bits < MIN_KEY_BITS) return `The RSA key has ${bits} bits; at least ${MIN_KEY_BITS} are required.`;
  if (bits > MAX_KEY_BITS) return `The RSA key has ${bits} bits; at most ${MAX_KEY_BITS} are allowed.`;
  return undefined;
}

function findNumberFlaw({ modulus, exponent }: RsaNumbers): string | undefined {
  if (isEven(modulus)) return 'The RSA key has an even modulus, so it is no RSA key.';
  if (exponent.length > MAX_EXPONENT_BYTES) return 'The RSA key has a public exponent of more than 64 bits.';
  if (isEven(exponent)) return 'The RSA key has an even public exponent, so it is no RSA key.';
  const value = BigInt(`0x${exponent.toString('hex')}`);
  if (value < 65_537n) return `The RSA key has the public exponent ${value}; at least 65537 is required.`;
  return undefined;
}

const isEven = (number: Buffer): boolean => ((number.at(-1) ?? 0) & 1) === 0;

const bitLength = (number: Buffer): number => number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
