// RFC 7515 §5.1: a token as an issuer makes it. Pure: the private key and the time are handed in.
import type { KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Algorithm } from './algorithms.ts';

export interface ClaimsRequest {
  /** The key file the guard verifies with, `ops.pub`. */
  readonly issuer: string;
  /** Unix time in seconds. */
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly bodyEncode: 0 | 1;
  readonly subject?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly audience?: readonly string[] | undefined;
  /** Under names that none of the others has. */
  readonly further?: Readonly<Record<string, unknown>>;
}

export function makeClaims(request: ClaimsRequest): JWTPayload {
  const { subject, tokenId, audience, further } = request;
  return {
    iss: request.issuer,
    iat: request.issuedAt,
    exp: request.issuedAt + request.lifetimeSeconds,
    bodyEncode: request.bodyEncode,
    ...(subject !== undefined && { sub: subject }),
    ...(tokenId !== undefined && { jti: tokenId }),
    ...(audience !== undefined && { aud: audience.length === 1 ? (audience[0] as string) : [...audience] }),
    ...further,
  };
}

/** @param key one that the algorithm is for; another, or an RSA key of fewer than 2048 bits, makes jose throw a TypeError */
export const signToken = (claims: JWTPayload, algorithm: Algorithm, key: KeyObject): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(key);
