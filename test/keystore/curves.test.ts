// Key files of the kinds that count where token.algorithms lists them.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { FILE_ALGORITHMS } from '../../src/token/algorithms.ts';
import { CURVE_KEYS, curveKey, publicPem, sshLineOf, thumbprintOf } from '../support/curves.ts';
import { block, pem } from './material.ts';

/** The thumbprints of a file, or the reason why it has none. */
function read(text: string, algorithms = FILE_ALGORITHMS): readonly string[] | string {
  const file = parseKeyFile(text, algorithms);
  return file.usable ? file.keys.map((key) => key.thumbprint) : file.reason;
}
const der = (alg: Parameters<typeof curveKey>[0]): Buffer =>
  curveKey(alg).publicKey.export({ type: 'spki', format: 'der' });

describe.each(CURVE_KEYS)('a key for $alg', (key) => {
  it('is read from PEM and from a line of OpenSSH, under its RFC 7638 thumbprint', () => {
    expect(read(publicPem(key))).toEqual([thumbprintOf(key)]);
    expect(read(sshLineOf(key))).toEqual([thumbprintOf(key)]);
  });

  it('makes a key object that equals the one of OpenSSL, and says what it is', () => {
    const file = parseKeyFile(sshLineOf(key), [key.alg]);
    const [found] = file.usable ? file.keys : [];
    expect(found?.key.equals(key.publicKey)).toBe(true);
    expect(found).toMatchObject({ type: key.type, algorithms: [key.alg] });
  });

  it('is not usable where its algorithm is not listed, and the reason says what to write', () => {
    expect(read(publicPem(key), ['RS256'])).toBe(
      `The key is ${key.type}, and no listed algorithm is for such keys: write guard.token.algorithms = [RS256, ${key.alg}].`,
    );
    expect(
      read(
        publicPem(key),
        FILE_ALGORITHMS.filter((name) => name !== key.alg),
      ),
    ).toMatch(/no listed/);
  });

  it('is never found in a file that is cut anywhere', () => {
    for (const whole of [publicPem(key).trimEnd(), sshLineOf(key, '').trimEnd()]) {
      for (let length = 0; length < whole.length; length++)
        expect(parseKeyFile(whole.slice(0, length), FILE_ALGORITHMS)).toMatchObject({ usable: false });
    }
  });

  it('is another key, or none, where any bit of it is another', () => {
    const whole = key.publicKey.export({ type: 'spki', format: 'der' });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] as number) ^ mask;
        expect(read(block('PUBLIC KEY', changed))).not.toEqual([thumbprintOf(key)]);
      }),
    );
  });
});

/** By OpenSSL, which says no where it is asked for a key. */
function isPoint(spki: Buffer): boolean {
  try {
    createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

describe('key files', () => {
  it('of several kinds in one file are several keys, where all of them are listed', () => {
    const all = pem(0) + CURVE_KEYS.map(publicPem).join('') + sshLineOf(curveKey('EdDSA'));
    expect(read(all)).toHaveLength(1 + CURVE_KEYS.length);
    expect(read(all, ['RS256', 'ES256'])).toMatch(/is P-384, and no listed/);
  });

  it('of RSA are not usable where no RSA algorithm is listed', () => {
    expect(read(pem(0), ['EdDSA'])).toMatch(/is RSA 2048, .* \[EdDSA, RS256\]\.$/);
    expect(read(pem(0), ['PS512'])).toHaveLength(1);
  });

  const compressed = () => {
    const point = curveKey('ES256').publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    const half = Buffer.concat([Buffer.from([2 + ((point[64] as number) & 1)]), point.subarray(1, 33)]);
    return Buffer.concat([Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'), half]);
  };
  const otherCurve = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it.each<[string, () => string, RegExp]>([
    [
      'a point in its short form, which OpenSSL reads',
      () => block('PUBLIC KEY', compressed()),
      /compressed point or .*openssl ec -pubin/,
    ],
    ['a key on secp256k1', () => otherCurve('secp256k1'), /of type secp256k1; RSA, P-256/],
    [
      'an Ed448 key',
      () => generateKeyPairSync('ed448').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /of type ed448; RSA, P-256/,
    ],
    [
      'bytes behind a key',
      () => block('PUBLIC KEY', Buffer.concat([der('ES384'), Buffer.alloc(1)])),
      /to the last byte/,
    ],
    [
      'an Ed25519 key that is a byte short',
      () => block('PUBLIC KEY', der('EdDSA').subarray(0, -1)),
      /to the last byte/,
    ],
    [
      'a point that is on no curve',
      () =>
        block(
          'PUBLIC KEY',
          Buffer.concat([der('ES256').subarray(0, -1), Buffer.from([(der('ES256').at(-1) as number) ^ 1])]),
        ),
      /no point of P-256/,
    ],
    [
      'the point at infinity',
      () => block('PUBLIC KEY', Buffer.concat([der('ES256').subarray(0, 27), Buffer.alloc(64)])),
      /no point of P-256/,
    ],
    [
      'a line whose type and curve differ',
      () => sshLineOf(curveKey('ES256')).replace('nistp256', 'nistp384'),
      /malformed/,
    ],
    [
      'a key in hardware',
      () => 'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t x',
      /OpenSSH key of a type that is not read/,
    ],
    [
      'a certificate of OpenSSH',
      () => 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAx x',
      /OpenSSH key of a type that is not read/,
    ],
    [
      'a key of OpenSSH without its type',
      () => sshLineOf(curveKey('EdDSA')).split(' ')[1] as string,
      /Write ssh-ed25519 and a blank before it/,
    ],
    [
      'a private key',
      () => curveKey('ES256').privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      /PRIVATE KEY/,
    ],
    [
      'a private key of Ed25519 labelled as public',
      () => block('PUBLIC KEY', curveKey('EdDSA').privateKey.export({ type: 'pkcs8', format: 'der' })),
      /PRIVATE KEY/,
    ],
  ])('refuse %s', (_, make, reason) => {
    expect(read(make())).toMatch(reason);
  });

  it.each(['P-256', 'P-384', 'P-521'])(
    'on %s: points of the curve are keys, as OpenSSL has it, and no others',
    (namedCurve) => {
      for (let round = 0; round < 20; round++) {
        const whole = generateKeyPairSync('ec', { namedCurve }).publicKey.export({
          type: 'spki',
          format: 'der',
        });
        expect(read(block('PUBLIC KEY', whole))).toHaveLength(1);
        const other = Buffer.from(whole);
        const at = whole.length - 1 - round;
        other[at] = (other[at] as number) ^ 1;
        const isKey = Array.isArray(read(block('PUBLIC KEY', other)));
        expect(isKey).toBe(isPoint(other));
      }
    },
  );

  it('of OpenSSL itself agree: the short form is the same key, which is why it is named', () => {
    const key = createPublicKey({ key: compressed(), format: 'der', type: 'spki' });
    expect(key.equals(curveKey('ES256').publicKey)).toBe(true);
  });
});
