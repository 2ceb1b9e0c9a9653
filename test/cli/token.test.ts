// `broker-guard token`, as a process, with keys made by openssl the way the broker's manual says.
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeIssuer, nowSeconds } from '../support/issuers.ts';
import { runProgram } from '../support/program.ts';
import { lacks } from '../support/tools.ts';
import { makeWorkspace } from '../support/workspace.ts';

const ISSUER = makeIssuer();
const PEM = ISSUER.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe.skipIf(lacks('openssl'))('token with keys made by openssl', () => {
  it.each([
    ['PKCS#8', ['genrsa', '-out', 'nanomq.key', '2048'], 'BEGIN PRIVATE KEY'],
    ['PKCS#1', ['genrsa', '-traditional', '-out', 'nanomq.key', '2048'], 'BEGIN RSA PRIVATE KEY'],
  ])('signs with a %s key, and the guard accepts it by its public half', async (_, genrsa, label) => {
    const cwd = makeWorkspace({ 'keys/README': '' });
    execFileSync('openssl', genrsa, { cwd, stdio: 'ignore' });
    execFileSync('openssl', ['rsa', '-in', 'nanomq.key', '-pubout', '-out', 'keys/nanomq.pub'], {
      cwd,
      stdio: 'ignore',
    });
    expect(readFileSync(join(cwd, 'nanomq.key'), 'utf8')).toContain(label);
    const minted = await runProgram(['token', 'nanomq.key'], { cwd });
    expect(minted).toMatchObject({ code: 0, stderr: '' });
    const inspected = await runProgram(['inspect', '-'], { cwd, input: minted.stdout });
    expect(inspected).toMatchObject({ code: 0, stderr: '' });
    expect(decodeJwt(minted.stdout.trim()).iss).toBe('nanomq.pub');
  });

  it('says how to decrypt an encrypted key', async () => {
    const cwd = makeWorkspace({ 'plain.key': PEM });
    execFileSync(
      'openssl',
      ['pkcs8', '-topk8', '-in', 'plain.key', '-passout', 'pass:x', '-out', 'ops.key'],
      { cwd },
    );
    const { code, stderr } = await runProgram(['token', 'ops.key'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toBe('ops.key is encrypted: decrypt it first (openssl pkey -in FILE -out FILE.key)\n');
  });
});

describe('token', () => {
  it('lives an hour from now, says the key file as iss and bodyEncode 0, unless told otherwise', async () => {
    const cwd = makeWorkspace({ 'ops.key': PEM });
    const before = nowSeconds();
    const { stdout } = await runProgram(['token', 'ops.key'], { cwd });
    const { payload, protectedHeader } = await jwtVerify(stdout.trim(), ISSUER.publicKey);
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(Object.keys(payload).sort()).toEqual(['bodyEncode', 'exp', 'iat', 'iss']);
    expect(payload).toMatchObject({ iss: 'ops.pub', bodyEncode: 0, exp: (payload.iat as number) + 3600 });
    expect(payload.iat).toBeGreaterThanOrEqual(before);
    expect(payload.iat).toBeLessThanOrEqual(nowSeconds());
  });

  it('takes every claim from its flags; --json prints the token with its claims', async () => {
    const cwd = makeWorkspace({ 'ops.key': PEM });
    const flags =
      '--issuer x.pem --lifetime 15m --subject s --token-id t --audience a b --algorithm PS384 --body-encode 1 --json';
    const { stdout } = await runProgram(['token', 'ops.key', ...flags.split(' ')], { cwd });
    const { token, claims } = JSON.parse(stdout);
    expect(decodeProtectedHeader(token).alg).toBe('PS384');
    expect(decodeJwt(token)).toEqual(claims);
    expect(claims).toEqual({
      iss: 'x.pem',
      iat: claims.iat,
      exp: claims.iat + 900,
      bodyEncode: 1,
      sub: 's',
      jti: 't',
      aud: ['a', 'b'],
    });
  });

  it.each<[string, Record<string, string>, readonly string[], string]>([
    [
      'KEY.pub, where that is what lies in the directory',
      { 'keys/jwtRS256.key.pub': '' },
      [],
      'jwtRS256.key.pub',
    ],
    [
      '.pub for .key, where that lies there too',
      { 'keys/jwtRS256.key.pub': '', 'keys/jwtRS256.pub': '' },
      [],
      'jwtRS256.pub',
    ],
    ['.pub for .key, where neither does', { 'keys/ops.pub': '' }, [], 'jwtRS256.pub'],
    ['.pub for .key, where there is no directory', {}, [], 'jwtRS256.pub'],
    [
      'what lies in the directory of the settings',
      { 'nanomq.conf': 'guard.keys_dir = a', 'a/jwtRS256.key.pub': '' },
      [],
      'jwtRS256.key.pub',
    ],
    ['what lies in --keys-dir', { 'b/jwtRS256.key.pub': '' }, ['--keys-dir', 'b'], 'jwtRS256.key.pub'],
    [
      'NAME.pub of a key NAME.2.key, as keygen --add names it',
      { 'keys/jwtRS256.pub': '', 'jwtRS256.2.key': PEM },
      [],
      'jwtRS256.pub',
    ],
    ['--issuer before all', { 'keys/jwtRS256.key.pub': '' }, ['--issuer', 'x.pub'], 'x.pub'],
  ])('names as issuer of jwtRS256.key %s', async (_, files, flags, issuer) => {
    const cwd = makeWorkspace({ 'jwtRS256.key': PEM, ...files });
    const key = Object.keys(files).find((name) => name.endsWith('.2.key')) ?? 'jwtRS256.key';
    const { stdout } = await runProgram(['token', key, ...flags], { cwd });
    expect(decodeJwt(stdout.trim()).iss).toBe(issuer);
  });

  it.each([
    ['EdDSA', 'Ed25519', generateKeyPairSync('ed25519')],
    ['ES384', 'P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ])('signs with %s where the key is of %s, and with nothing else', async (alg, _, pair) => {
    const cwd = makeWorkspace({
      'gate.key': pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
    const { stdout } = await runProgram(['token', 'gate.key'], { cwd });
    const { protectedHeader } = await jwtVerify(stdout.trim(), pair.publicKey);
    expect(protectedHeader.alg).toBe(alg);
    const { code, stderr } = await runProgram(['token', 'gate.key', '--algorithm', 'RS256'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `--algorithm RS256 is not for this key, which signs with ${alg}\n`,
    });
  });

  it('takes the key from standard input, with --issuer', async () => {
    const cwd = makeWorkspace();
    const named = await runProgram(['token', '-', '--issuer', 'ops.pub'], { cwd, input: PEM });
    expect(decodeJwt(named.stdout.trim()).iss).toBe('ops.pub');
    const nameless = await runProgram(['token', '-'], { cwd, input: PEM });
    expect(nameless).toMatchObject({ code: 2, stdout: '' });
    expect(nameless.stderr).toBe('--issuer is needed: standard input has no file name to take it from\n');
  });

  it.each(['0s', '60', 'soon', '-1h', '500ms', '36501d'])(
    'refuses the lifetime %j as wrong use',
    async (lifetime) => {
      const cwd = makeWorkspace({ 'ops.key': PEM });
      const { code, stderr } = await runProgram(['token', 'ops.key', `--lifetime=${lifetime}`], { cwd });
      expect(code).toBe(2);
      expect(stderr).toBe('--lifetime must be a duration from 1s to 36500d, such as 15m, 1h or 7d\n');
    },
  );

  it.each([
    ['a flag', ['token', 'ops.key', '--issuer', '../ops.pub'], /^--issuer is no issuer name: /],
    [
      'the name of the key',
      ['token', 'my ops.key'],
      /^the name of the key file cannot be an issuer name: .*--issuer NAME\.pub/,
    ],
  ])('refuses an issuer that no guard could have: from %s', async (_, args, sentence) => {
    const { code, stderr } = await runProgram(args, {
      cwd: makeWorkspace({ 'ops.key': PEM, 'my ops.key': PEM }),
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it.each([
    [
      'a missing file',
      'no.key',
      'no.key does not exist: name the file of the private key, such as ops.key\n',
    ],
    ['a directory', 'keys', 'keys is not a regular file\n'],
    ['a public key', 'ops.pub', 'ops.pub is a public key; signing needs the private half\n'],
    ['a text', 'text', 'text holds no private key in PEM\n'],
    [
      'a key on another curve',
      'ec.key',
      'ec.key is a key of the type secp256k1: a guard takes RSA, P-256, P-384, P-521 and Ed25519\n',
    ],
    ['a weak key', 'weak.key', 'weak.key is an RSA key of 1024 bits: a guard takes no fewer than 2048\n'],
  ])('refuses %s in one sentence', async (_, file, sentence) => {
    const cwd = makeWorkspace({ 'ops.pub': ISSUER.publicPem, text: 'hello', 'keys/x': '' });
    const ec = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    writeFileSync(join(cwd, 'ec.key'), ec.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(cwd, 'weak.key'), weak.export({ type: 'pkcs8', format: 'pem' }));
    const { code, stdout, stderr } = await runProgram(['token', file], { cwd });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: sentence });
  });

  it('never shows key bytes, whatever is wrong with the key', async () => {
    const broken = PEM.replace(/\n.{64}\n/, '\n');
    const { code, stderr } = await runProgram(['token', 'ops.key'], {
      cwd: makeWorkspace({ 'ops.key': broken }),
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ops.key holds no private key in PEM\n' });
    expect(createPublicKey(PEM).asymmetricKeyType).toBe('rsa');
  });
});
