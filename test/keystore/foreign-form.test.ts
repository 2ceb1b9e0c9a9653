// Key files in a form that is not read: each is named, and what its sentence advises makes a key file of it.
import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { lacks } from '../support/tools.ts';
import { makeDirectory, pem, privateKey, publicKey, sshLine, thumbprint } from './material.ts';

const read = (bytes: Buffer) => parseKeyFile(bytes.toString('latin1'));
const reasonOf = (bytes: Buffer): string => {
  const file = read(bytes);
  return file.usable ? 'usable' : file.reason;
};
const keysOf = (bytes: Buffer): string[] => {
  const file = read(bytes);
  return file.usable ? file.keys.map((key) => key.thumbprint) : [file.reason];
};

const der = (type: 'spki' | 'pkcs1') => publicKey(0).export({ format: 'der', type });
const jwk = () => publicKey(0).export({ format: 'jwk' });
const utf16be = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();

/** A certificate of the first key, made by openssl. */
function certificate(form: 'PEM' | 'DER'): Buffer {
  const cwd = makeDirectory({
    key: privateKey(0).export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  execFileSync(
    'openssl',
    ['req', '-x509', '-key', 'key', '-subj', '/CN=ops', '-outform', form, '-out', 'c'],
    {
      cwd,
    },
  );
  return readFileSync(join(cwd, 'c'));
}

const body = (text: Buffer) => Buffer.from(text.toString().replace(/-----.*-----\n/g, ''));
const rfc4716 = () => {
  const cwd = makeDirectory({ 'ops.pub': `${sshLine(0)}\n` });
  return execFileSync('ssh-keygen', ['-e', '-f', 'ops.pub'], { cwd });
};

const FORMS: readonly (readonly [what: string, make: () => Buffer, says: RegExp])[] = [
  ['UTF-16 with a byte order mark', () => Buffer.from(`\uFEFF${pem(0)}`, 'utf16le'), /is in UTF-16/],
  ['UTF-16 of the other byte order', () => utf16be(pem(0)), /is in UTF-16/],
  ['a literal \\n', () => Buffer.from(pem(0).replaceAll('\n', '\\n')), /written as a backslash and an n/],
  ['RFC 4716', rfc4716, /SSH2 public key \(RFC 4716\)/],
  ['DER of an SPKI key', () => der('spki'), /is in DER/],
  ['DER of a PKCS#1 key', () => der('pkcs1'), /is in DER/],
  ['DER of a certificate', () => certificate('DER'), /is in DER/],
];

describe.skipIf(lacks('openssl', 'ssh-keygen', 'iconv', 'sed'))('what a sentence advises works: of', () => {
  it.each(FORMS)('%s', async (_, make, says) => {
    const reason = reasonOf(make());
    expect(reason).toMatch(says);
    const [, command = ''] = /: ([^:]+ FILE[^.]*)\.$/.exec(reason) ?? [];
    const cwd = makeDirectory();
    writeFileSync(join(cwd, 'FILE'), make());
    expect(keysOf(execFileSync('sh', ['-c', command], { cwd }))).toEqual([await thumbprint(0)]);
  });

  it.each([
    ['an SPKI key', () => body(Buffer.from(pem(0)))],
    ['a PKCS#1 key', () => body(Buffer.from(publicKey(0).export({ format: 'pem', type: 'pkcs1' })))],
    ['a certificate', () => body(certificate('PEM'))],
  ])('base64 alone, of %s', async (_, make) => {
    const [, before = '', behind = ''] =
      /^The file holds base64 alone\. Put the line (-----.*-----) before it and (-----.*-----) behind it\.$/.exec(
        reasonOf(make()),
      ) ?? [];
    expect(keysOf(Buffer.from(`${before}\n${make()}${behind}\n`))).toEqual([await thumbprint(0)]);
  });

  it('base64 alone, of an OpenSSH key', async () => {
    const [, text = ''] = sshLine(0).split(' ');
    expect(reasonOf(Buffer.from(text))).toBe(
      'The file holds base64 alone. Write ssh-rsa and a blank before it.',
    );
    expect(keysOf(Buffer.from(`ssh-rsa ${text}`))).toEqual([await thumbprint(0)]);
  });

  it.each([
    ['a JWK', () => JSON.stringify(jwk())],
    ['a JWK Set', () => JSON.stringify({ keys: [jwk()] }, null, 2)],
  ])('%s', async (_, make) => {
    const reason = reasonOf(Buffer.from(make()));
    const [, code = ''] = /is a JWK or a set of them.* for example: (crypto\..*)\.$/.exec(reason) ?? [];
    const exported: unknown = new Function('crypto', 'JWK', `return ${code}`)(crypto, jwk());
    expect(keysOf(Buffer.from(String(exported)))).toEqual([await thumbprint(0)]);
  });
});

describe('what only looks like another form', () => {
  it.each([
    ['JSON that is no JWK', '{"hello":"world"}'],
    ['JSON cut short', '{"kty":"RSA","n":"'],
    ['a word that is base64', 'hello123'],
    ['bytes that begin like DER', '0\x82\x01\x22 and so on'],
  ])('%s is told as holding no key, and may be incomplete', (_, text) => {
    expect(parseKeyFile(text)).toEqual({
      usable: false,
      incomplete: true,
      reason: 'The file holds no public key: no PEM block and no line of OpenSSH.',
    });
  });
});

describe('a private key in another form raises the alarm', () => {
  const pkcs8 = (index = 0) => privateKey(index).export({ format: 'pem', type: 'pkcs8' }).toString();
  const privateDer = (type: 'pkcs1' | 'pkcs8') => privateKey(0).export({ format: 'der', type });
  const encrypted = () =>
    privateKey(0).export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
  const pkcs12 = () => {
    const cwd = makeDirectory({ key: pkcs8(), cert: certificate('PEM').toString() });
    const args = ['pkcs12', '-export', '-inkey', 'key', '-in', 'cert', '-passout', 'pass:x'];
    return execFileSync('openssl', args, { cwd });
  };
  it.each<[string, () => Buffer]>([
    ['UTF-16', () => Buffer.from(`\uFEFF${pkcs8()}`, 'utf16le')],
    ['UTF-16 of the other byte order', () => utf16be(pkcs8())],
    ['UTF-16 without a byte order mark', () => Buffer.from(pkcs8(), 'utf16le')],
    ['a literal \\n', () => Buffer.from(pkcs8().replaceAll('\n', '\\n'))],
    ['PKCS#1 in DER', () => privateDer('pkcs1')],
    ['PKCS#8 in DER', () => privateDer('pkcs8')],
    ['encrypted PKCS#8 in DER', encrypted],
    ['PKCS#8 in base64 alone', () => body(Buffer.from(pkcs8()))],
    ['PKCS#12', pkcs12],
    ['a JWK', () => Buffer.from(JSON.stringify(privateKey(0).export({ format: 'jwk' })))],
    [
      'a JWK Set with one among public ones',
      () => Buffer.from(JSON.stringify({ keys: [jwk(), privateKey(1).export({ format: 'jwk' })] })),
    ],
    ['a symmetric JWK', () => Buffer.from('{"kty":"oct","k":"c2VjcmV0"}')],
    ['PuTTY', () => Buffer.from('PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n')],
    ['SSH2', () => Buffer.from('---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n')],
  ])('%s', (_, make) => expect(reasonOf(make())).toMatch(/^A PRIVATE KEY lies in this file/));
});
