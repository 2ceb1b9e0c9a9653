// RSA keys and tokens for tests. Keys are made once a test file; making one takes a tenth of a second.
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface Issuer {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicPem: string;
}

export function makeIssuer(bits = 2048): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return { privateKey, publicKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** A good token, but for the claims and header members that are given. `undefined` leaves a claim out. */
export function mintToken(
  issuer: Issuer,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  const payload = { iss: 'ops.pub', iat: nowSeconds(), exp: nowSeconds() + 3600, bodyEncode: 0, ...claims };
  return signParts(issuer, JSON.stringify({ alg: 'RS256', typ: 'JWT', ...header }), JSON.stringify(payload));
}

/** RS256 over exactly these texts. */
export function signParts(issuer: Issuer, header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createSign('sha256').update(input).sign(issuer.privateKey).toString('base64url')}`;
}
