// Tokens for the soak, good and bad, made where they are needed. Knows no request.
import { randomBytes, sign } from 'node:crypto';
import { issuerName } from './tokens.mjs';

/** @param {object} value */
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param {string} iss @param {object} [more] */
function encodeParts(iss, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss, sub: 'soak', iat: now, exp: now + 3600, bodyEncode: 0, ...more };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
}

/** A good one. @param {import('node:crypto').KeyObject} key */
export function mintToken(key) {
  const parts = encodeParts(issuerName(0));
  return `${parts}.${sign('sha256', Buffer.from(parts), key).toString('base64url')}`;
}

/** Bytes of the size of a signature, and below every modulus. */
function imitateSignature() {
  const bytes = randomBytes(256);
  bytes[0] = 0;
  return bytes.toString('base64url');
}

export const badSignature = () => `${encodeParts(issuerName(0))}.${imitateSignature()}`;
export const unknownIssuer = () => `${encodeParts('nobody.pub')}.${imitateSignature()}`;
/** As long as a token may be, and nothing but objects: reading it costs most of what needs no signature check. */
export const costly = () =>
  `${encodeParts(issuerName(0), { x: Array.from({ length: 600 }, () => ({ a: 1 })) })}.${imitateSignature()}`;
