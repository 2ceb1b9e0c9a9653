// RFC 7515 §5.1: a token as an issuer makes it. Pure: the private key and the time are handed in.
import type { KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Algorithm } from './algorithms.ts';

export interface TokenRequest {
  /** The key file the guard verifies with, `ops.pub`. */
  readonly issuer: string;
  /** Unix time in seconds. */
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly bodyEncode: 0 | 1;
  readonly algorithm: Algorithm;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly audience?: readonly string[];
}

export interface SignedToken {
  readonly token: string;
  readonly claims: JWTPayload;
}

/** Signs with an RSA private key of at least 2048 bits; a shorter one makes jose throw a TypeError. */
export async function signToken(request: TokenRequest, key: KeyObject): Promise<SignedToken> {
  const { audience } = request;
  const claims: JWTPayload = {
    iss: request.issuer,
    iat: request.issuedAt,
    exp: request.issuedAt + request.lifetimeSeconds,
    bodyEncode: request.bodyEncode,
    ...(request.subject !== undefined && { sub: request.subject }),
    ...(request.tokenId !== undefined && { jti: request.tokenId }),
    ...(audience !== undefined && { aud: audience.length === 1 ? (audience[0] as string) : [...audience] }),
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: request.algorithm, typ: 'JWT' })
    .sign(key);
  return { token, claims };
}
