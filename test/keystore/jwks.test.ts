import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { toJwkSet, toJwkSetText } from '../../src/keystore/jwks.ts';
import { makeDirectory, openStore, pem, privateKey, publicKey, sshLine, thumbprint } from './material.ts';

async function jwkSet(files: Record<string, string>) {
  const { store } = await openStore(makeDirectory(files));
  return toJwkSet(store.snapshot(), ['RS256']);
}

describe('the JWK Set', () => {
  it('holds each key once, under its RFC 7638 thumbprint, with public members only', async () => {
    const { keys } = await jwkSet({
      'a.pub': pem(0),
      'b.pub': pem(0) + pem(1),
      'c.pub': sshLine(1),
      'bad.pub': '',
    });
    expect(keys).toHaveLength(2);
    for (const [index, jwk] of keys.entries()) {
      expect(jwk).toEqual({
        ...(await exportJWK(publicKey(index))),
        kid: await thumbprint(index),
        use: 'sig',
        alg: 'RS256',
      });
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
    }
  });

  it('is empty where no key is usable', async () => {
    expect(await jwkSet({ 'bad.pub': '' })).toEqual({ keys: [] });
  });

  it('lets jose verify a token by its kid, and refuse one of another key', async () => {
    const set = createLocalJWKSet(await jwkSet({ 'a.pub': pem(0), 'b.pub': pem(1) }));
    const sign = async (index: number, kid: number) =>
      new SignJWT({ iss: 'b.pub' })
        .setProtectedHeader({ alg: 'RS256', kid: await thumbprint(kid) })
        .sign(privateKey(index));
    const { payload } = await jwtVerify(await sign(1, 1), set);
    expect(payload.iss).toBe('b.pub');
    await expect(jwtVerify(await sign(0, 1), set)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it('as text is the same set, made anew for another algorithm or another snapshot', async () => {
    const { store } = await openStore(makeDirectory({ 'a.pub': pem(0) }));
    const snapshot = store.snapshot();
    for (const alg of ['RS256', 'PS512', 'RS256'] as const)
      expect(JSON.parse(toJwkSetText(snapshot, [alg]))).toEqual(toJwkSet(snapshot, [alg]));
    const empty = { ...snapshot, issuers: new Map() };
    expect(toJwkSetText(empty, ['RS256'])).toBe('{"keys":[]}');
  });
});
