import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { processorMs } from '../support/processor-time.ts';
import { block, pem, privateKey, publicKey, spki, sshLine, thumbprint } from './material.ts';

/** Thumbprints, or the reason. */
function read(text: string): string[] | string {
  const file = parseKeyFile(text);
  return file.usable ? file.keys.map((key) => key.thumbprint) : file.reason;
}

const pkcs1 = (index: number): string => publicKey(index).export({ format: 'pem', type: 'pkcs1' }).toString();

function certificate(index: number): string {
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.publicKeyFromPem(pem(index));
  made.serialNumber = '01';
  made.setSubject([{ name: 'commonName', value: 'ops' }]);
  made.setIssuer([{ name: 'commonName', value: 'ops' }]);
  const pkcs1Private = privateKey(index).export({ format: 'pem', type: 'pkcs1' }).toString();
  made.sign(forge.pki.privateKeyFromPem(pkcs1Private), forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}

/** A public key of chosen numbers, which no generator would make. */
function numbers(modulus: Buffer, exponent: Buffer): string {
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return spki(createPublicKey({ key: jwk, format: 'jwk' }));
}

const modulus = (bits: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0x5b);
  bytes[0] = 1 << ((bits - 1) % 8);
  return bytes;
};
const F4 = Buffer.from([1, 0, 1]);

describe('key file formats', () => {
  it.each([
    ['SPKI PEM', () => pem(0)],
    ['PKCS#1 PEM', () => pkcs1(0)],
    ['an X.509 certificate', () => certificate(0)],
    ['an OpenSSH ssh-rsa line', () => sshLine(0)],
    ['an ssh-rsa line without a comment', () => sshLine(0, '').trim()],
    ['CRLF line ends', () => pem(0).replaceAll('\n', '\r\n')],
    ['a byte order mark', () => Buffer.from(`\uFEFF${pem(0)}`).toString('latin1')],
    ['text around the block', () => `Key of the operations team\n\n${pem(0)}\nkeep until spring\n`],
    ['an indented block', () => pem(0).replaceAll('\n', '\n  ')],
    ['a block on one line', () => pem(0).replaceAll('\n', '')],
    ['no line end at the end', () => pem(0).trimEnd()],
  ])('reads %s', async (_, make) => {
    expect(read(make())).toEqual([await thumbprint(0)]);
  });

  it('reads several blocks and lines of one file as several keys of that issuer', async () => {
    const text = [pem(0), sshLine(1), pkcs1(2)].join('\n');
    expect(new Set(read(text))).toEqual(new Set(await Promise.all([0, 1, 2].map(thumbprint))));
  });

  it('takes a key that is written twice once', async () => {
    expect(read(pem(0) + sshLine(0))).toEqual([await thumbprint(0)]);
  });

  it('makes a key object that equals the one of OpenSSL and verifies its signatures', () => {
    const file = parseKeyFile(pem(0));
    const key = file.usable ? file.keys[0] : undefined;
    expect(key?.key.equals(publicKey(0))).toBe(true);
    expect(key?.key.type).toBe('public');
    expect(key?.bits).toBe(2048);
  });
});

describe('bad key files', () => {
  const of = (key: KeyObject): string => spki(key);
  const der = (index: number): Buffer => publicKey(index).export({ format: 'der', type: 'spki' });
  const half = (text: string): string => text.slice(0, text.length / 2);

  it.each<[string, () => string, RegExp]>([
    ['an empty file', () => '', /empty/],
    ['white space', () => ' \r\n\t\n', /empty/],
    ['plain text', () => 'hello', /no public key/],
    ['half of a file', () => half(pem(0)), /no END line/],
    ['half of a file after a whole key', () => pem(1) + half(pem(0)), /no END line/],
    ['a BEGIN line cut short', () => '-----BEGIN PUB', /broken BEGIN/],
    ['an END line without BEGIN', () => pem(0).slice(30), /without its BEGIN/],
    ['a block inside a block', () => half(pem(0)) + pem(1), /no END line/],
    ['an END line of another label', () => pem(0).replace('END PUBLIC', 'END RSA PUBLIC'), /no END line/],
    ['base64 with a foreign letter', () => pem(0).replace('MIIB', 'MI!B'), /base64/],
    ['a block without content', () => block('PUBLIC KEY', Buffer.alloc(0)), /base64/],
    ['an unknown block', () => block('X509 CRL', der(0)), /"X509 CRL" is not/],
    ['a known key beside an unknown block', () => pem(0) + block('EC PARAMETERS', der(0)), /"EC PARAMETERS"/],
    ['a block of random bytes', () => block('PUBLIC KEY', Buffer.alloc(300, 7)), /to the last byte/],
    ['a key with bytes after it', () => block('PUBLIC KEY', Buffer.concat([der(0), F4])), /to the last byte/],
    ['a PKCS#1 key labelled as SPKI', () => pkcs1(0).replaceAll('RSA PUBLIC', 'PUBLIC'), /to the last byte/],
    ['a certificate that is none', () => block('CERTIFICATE', der(0)), /to the last byte/],
    [
      'an EC key',
      () => of(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      /is P-256, and no listed algorithm/,
    ],
    [
      'an Ed25519 key',
      () => of(generateKeyPairSync('ed25519').publicKey),
      /is Ed25519, and no listed algorithm/,
    ],
    [
      'an RSA-PSS key',
      () => of(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey),
      /type rsa-pss;/,
    ],
    [
      'an RSA key of 1024 bits',
      () => of(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      /1024 bits/,
    ],
    ['an RSA key of 2047 bits', () => numbers(modulus(2047), F4), /2047 bits/],
    ['an RSA key of 16385 bits', () => numbers(modulus(16_385), F4), /16385 bits/],
    ['exponent 3', () => numbers(modulus(2048), Buffer.from([3])), /exponent 3;/],
    ['exponent 65535', () => numbers(modulus(2048), Buffer.from([255, 255])), /exponent 65535;/],
    ['an even exponent', () => numbers(modulus(2048), Buffer.from([1, 0, 2])), /even public exponent/],
    ['an exponent of 72 bits', () => numbers(modulus(2048), Buffer.alloc(9, 1)), /64 bits/],
    ['an even modulus', () => numbers(Buffer.alloc(256, 0xf0), F4), /even modulus/],
    ['an ssh-rsa line cut short', () => sshLine(0).slice(0, 200), /cut short/],
    ['an ssh-ed25519 line', () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ops', /malformed/],
    [
      'an ssh-rsa line that hides another type',
      () => 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA== ops',
      /malformed/,
    ],
    ['one weak key among good ones', () => pem(0) + numbers(modulus(1024), F4), /1024 bits/],
  ])('refuses %s', (_, make, reason) => {
    expect(read(make())).toMatch(reason);
  });

  it.each<[string, () => string]>([
    ['PKCS#8', () => privateKey(0).export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['PKCS#1', () => privateKey(0).export({ format: 'pem', type: 'pkcs1' }).toString()],
    [
      'encrypted PKCS#8',
      () =>
        privateKey(0)
          .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
          .toString(),
    ],
    ['OpenSSH', () => block('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1'))],
    ['half of one', () => privateKey(0).export({ format: 'pem', type: 'pkcs8' }).toString().slice(0, 400)],
    ['one behind its public half', () => pem(0) + privateKey(0).export({ format: 'pem', type: 'pkcs8' })],
    [
      'one labelled RSA PUBLIC KEY',
      () => block('RSA PUBLIC KEY', privateKey(0).export({ format: 'der', type: 'pkcs1' })),
    ],
    [
      'PKCS#8 labelled RSA PUBLIC KEY',
      () => block('RSA PUBLIC KEY', privateKey(0).export({ format: 'der', type: 'pkcs8' })),
    ],
    [
      'PKCS#8 labelled PUBLIC KEY',
      () => block('PUBLIC KEY', privateKey(0).export({ format: 'der', type: 'pkcs8' })),
    ],
  ])('says loudly that a private key lies in the directory: %s', (_, make) => {
    const file = parseKeyFile(make());
    expect(file).toMatchObject({ usable: false, incomplete: false });
    expect(file.usable ? '' : file.reason).toMatch(/PRIVATE KEY .*Move it away/);
  });

  it('never puts key bytes into a reason', () => {
    const secret = privateKey(0).export({ format: 'pem', type: 'pkcs8' }).toString();
    const line = secret.split('\n')[3] ?? '-';
    expect(JSON.stringify(parseKeyFile(secret))).not.toContain(line);
  });

  it('never trusts a file that is cut anywhere, and says it may be incomplete', () => {
    const whole = pem(0).trimEnd();
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseKeyFile(whole.slice(0, length))).toMatchObject({ usable: false, incomplete: true });
    }
  });

  it('never finds a key in arbitrary bytes or a changed key header', () => {
    const whole = der(0);
    // The first 32 bytes say what the rest is; what follows are the numbers, and other numbers are another key.
    fc.assert(
      fc.property(fc.nat(31), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(whole);
        changed[at] = value;
        expect(parseKeyFile(block('PUBLIC KEY', changed)).usable).toBe(changed.equals(whole));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => !parseKeyFile(text).usable),
    );
  });

  it('reads a hostile file of the largest size without delay', () => {
    const hostile = ['BEGIN ', '-----BEGIN ', 'ssh-rsa ', '-----', 'PRIVATE KEY '].map((part) =>
      part.repeat(65_536 / part.length),
    );
    const before = processorMs();
    for (const text of hostile) expect(parseKeyFile(text).usable).toBe(false);
    expect(processorMs() - before).toBeLessThan(5000);
  });
});

it('a key read from a file verifies what its private half signed', () => {
  const signature = sign('sha256', Buffer.from('text'), privateKey(2));
  const file = parseKeyFile(sshLine(2));
  const key = file.usable ? file.keys[0]?.key : undefined;
  expect(key && verify('sha256', Buffer.from('text'), key, signature)).toBe(true);
});
