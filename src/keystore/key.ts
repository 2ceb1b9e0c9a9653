// One public key that may verify signatures: its kind, its limits and its fingerprint. Knows no file and no issuer.

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { type Algorithm, algorithmsOf, type FileKeyKind } from '../token/algorithms.ts';
import { isOnCurve } from './curves.ts';
import { type PublicJwk, toThumbprintText } from './jwk.ts';

export interface VerificationKey {
  /** Always of type `public`. Made when first asked for: most of many issuers are quiet. */
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
  /** `RSA`, or the name of its curve. */
  readonly type: 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519';
  /** Length of the modulus, or what the name of the curve says. */
  readonly bits: number;
  /** What its kind may sign with, whatever the settings list. */
  readonly algorithms: readonly Algorithm[];
  /** RFC 7638 SHA-256 thumbprint, base64url. Computed when first asked for. */
  readonly thumbprint: string;
}

export const MIN_KEY_BITS = 2048;
/** Anybody may have a signature checked: one of 8,192 bits takes six times as long as one of 2048, of 16,384 twenty times. */
export const MAX_KEY_BITS = 8192;
/** OpenSSL's own bound for large moduli; beyond it a signature check becomes expensive or impossible. */
const MAX_EXPONENT_BYTES = 8;

/** A key of these numbers, or the sentence that says why they make no safe key. */
export function makeVerificationKey(jwk: PublicJwk): VerificationKey | { readonly flaw: string } {
  if (jwk.kty === 'RSA') return makeRsaKey(jwk);
  const flaw = jwk.kty === 'EC' ? findPointFlaw(jwk) : findOrderFlaw(jwk);
  return flaw === undefined ? new FiledKey(jwk, jwk.crv, CURVE_BITS[jwk.crv]) : { flaw };
}

/** `RSA 2048`, `P-256`, `Ed25519`. */
export const nameKeyType = ({ type, bits }: Pick<VerificationKey, 'type' | 'bits'>): string =>
  type === 'RSA' ? `RSA ${bits}` : type;

const KINDS: Readonly<Record<VerificationKey['type'], FileKeyKind>> = {
  RSA: 'rsa',
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  Ed25519: 'edwards',
};

const CURVE_BITS = { 'P-256': 256, 'P-384': 384, 'P-521': 521, Ed25519: 256 } as const;

class FiledKey implements VerificationKey {
  readonly jwk: PublicJwk;
  readonly type: VerificationKey['type'];
  readonly bits: number;
  #key: KeyObject | undefined;
  #thumbprint: string | undefined;

  constructor(jwk: PublicJwk, type: VerificationKey['type'], bits: number) {
    this.jwk = jwk;
    this.type = type;
    this.bits = bits;
  }

  get algorithms(): readonly Algorithm[] {
    return algorithmsOf(KINDS[this.type]);
  }

  get key(): KeyObject {
    // The JWK form: a twentieth of the time the PEM and DER decoders of OpenSSL 3 need for the same key.
    this.#key ??= createPublicKey({ key: { ...this.jwk }, format: 'jwk' });
    return this.#key;
  }

  get thumbprint(): string {
    this.#thumbprint ??= createHash('sha256').update(toThumbprintText(this.jwk)).digest('base64url');
    return this.#thumbprint;
  }
}

/** RFC 7518 §3.3, FIPS 186-5 §5.4. */
function makeRsaKey(jwk: PublicJwk & { kty: 'RSA' }): VerificationKey | { readonly flaw: string } {
  const [modulus, exponent] = [Buffer.from(jwk.n, 'base64url'), Buffer.from(jwk.e, 'base64url')];
  const bits = bitLength(modulus);
  const flaw = findSizeFlaw(bits) ?? findNumberFlaw(modulus, exponent);
  return flaw === undefined ? new FiledKey(jwk, 'RSA', bits) : { flaw };
}

function findSizeFlaw(bits: number): string | undefined {
  if (bits < MIN_KEY_BITS) return `The RSA key has ${bits} bits; at least ${MIN_KEY_BITS} are required.`;
  if (bits > MAX_KEY_BITS) return `The RSA key has ${bits} bits; at most ${MAX_KEY_BITS} are allowed.`;
  return undefined;
}

function findNumberFlaw(modulus: Buffer, exponent: Buffer): string | undefined {
  if (isEven(modulus)) return 'The RSA key has an even modulus, so it is no RSA key.';
  if (exponent.length > MAX_EXPONENT_BYTES) return 'The RSA key has a public exponent of more than 64 bits.';
  if (isEven(exponent)) return 'The RSA key has an even public exponent, so it is no RSA key.';
  const value = BigInt(`0x${exponent.toString('hex')}`);
  if (value < 65_537n) return `The RSA key has the public exponent ${value}; at least 65537 is required.`;
  return undefined;
}

const findPointFlaw = (jwk: PublicJwk & { kty: 'EC' }): string | undefined =>
  isOnCurve(jwk) ? undefined : `The key is no point of ${jwk.crv}, so it is no key.`;

/**
 * RFC 8032 §5.1.7 leaves it open, and OpenSSL takes them: under a point of small order anybody can sign anything. The
 * y of all of them, whose highest bit is the sign of x.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function findOrderFlaw({ x }: PublicJwk & { kty: 'OKP' }): string | undefined {
  const point = Buffer.from(x, 'base64url');
  point[31] = (point[31] as number) & 0x7f;
  return SMALL_ORDER.has(point.toString('hex'))
    ? 'The Ed25519 key is a point of small order: anybody could sign for it.'
    : undefined;
}

const isEven = (number: Buffer): boolean => ((number.at(-1) ?? 0) & 1) === 0;

const bitLength = (number: Buffer): number => number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
