// Attack: an "Ed25519 key" that is a point of small order, dropped in as anybody's public key. Signatures under it can be made
// up by whoever knows how, without a private key; OpenSSL finds them good.
// Rule: such a point is no key.
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { isSignatureGood } from '../../src/token/algorithms.ts';

/** The two y of order 8, and those of order 1, 2 and 4 with their other spellings, modulo 2^255 - 19. */
const POINTS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];
const withSign = (hex: string): string => {
  const point = Buffer.from(hex, 'hex');
  point[31] = (point[31] as number) | 0x80;
  return point.toString('hex');
};
const ALL = [...POINTS, ...POINTS.map(withSign)];

const toSpki = (point: string): Buffer => Buffer.from(`302a300506032b6570032100${point}`, 'hex');
const toFile = (point: string): string =>
  `-----BEGIN PUBLIC KEY-----\n${toSpki(point).toString('base64')}\n-----END PUBLIC KEY-----\n`;

describe('a point of small order', () => {
  it.each(ALL)('%s is refused', (point) => {
    const file = parseKeyFile(toFile(point), ['EdDSA']);
    expect(file.usable ? '' : file.reason).toMatch(/small order: anybody could sign/);
  });

  it('would take a signature that nobody has made', () => {
    const identity = POINTS[1] as string;
    const key = createPublicKey({ key: toSpki(identity), format: 'der', type: 'spki' });
    // R is the point itself and S is 0: S·B = R + k·A holds for every text.
    const signature = Buffer.concat([Buffer.from(identity, 'hex'), Buffer.alloc(32)]);
    expect(isSignatureGood('EdDSA', key, 'any.text', signature)).toBe(true);
  });
});
