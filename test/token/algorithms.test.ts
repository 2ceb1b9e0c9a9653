import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, type Algorithm, algorithmsFor, isSignatureGood } from '../../src/token/algorithms.ts';

const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: curve('prime256v1'),
  p384: curve('secp384r1'),
  p521: curve('secp521r1'),
  k1: curve('secp256k1'),
  ed25519: generateKeyPairSync('ed25519'),
  ed448: generateKeyPairSync('ed448'),
};
const SECRET = createSecretKey(Buffer.from('a secret of an ordinary length'));
const KEYS: Record<string, KeyObject> = {
  secret: SECRET,
  ...Object.fromEntries(Object.entries(PAIRS).map(([name, { publicKey }]) => [name, publicKey])),
};
const FITTING: Record<string, readonly Algorithm[]> = {
  secret: ['HS256', 'HS384', 'HS512'],
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  p256: ['ES256'],
  p384: ['ES384'],
  p521: ['ES512'],
  k1: ['ES256K'],
  ed25519: ['EdDSA'],
  ed448: ['EdDSA'],
};
const INPUT = 'header.payload';

describe('signature algorithms', () => {
  it.each(Object.entries(FITTING))('a key %s may sign with %j, and with nothing else', (name, fitting) => {
    expect(algorithmsFor(KEYS[name] as KeyObject)).toEqual(fitting);
    for (const alg of ALGORITHMS.filter((other) => !fitting.includes(other))) {
      expect(isSignatureGood(alg, KEYS[name] as KeyObject, INPUT, Buffer.alloc(64))).toBe(false);
    }
  });

  it.each([
    ['ES256', 'p256', 'sha256'],
    ['ES256K', 'k1', 'sha256'],
    ['ES512', 'p521', 'sha512'],
  ] as const)('%s is two numbers side by side, not DER', (alg, name, digest) => {
    const { privateKey: key, publicKey } = PAIRS[name];
    const plain = sign(digest, Buffer.from(INPUT), { key, dsaEncoding: 'ieee-p1363' });
    expect(isSignatureGood(alg, publicKey, INPUT, plain)).toBe(true);
    expect(isSignatureGood(alg, publicKey, INPUT, sign(digest, Buffer.from(INPUT), key))).toBe(false);
    expect(isSignatureGood(alg, publicKey, `${INPUT}x`, plain)).toBe(false);
  });

  it('an HMAC must be whole', () => {
    const mac = createHmac('sha256', SECRET).update(INPUT).digest();
    expect(isSignatureGood('HS256', SECRET, INPUT, mac)).toBe(true);
    expect(isSignatureGood('HS256', SECRET, INPUT, mac.subarray(0, 31))).toBe(false);
    expect(isSignatureGood('HS256', SECRET, INPUT, Buffer.alloc(0))).toBe(false);
  });
});
