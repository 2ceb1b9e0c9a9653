import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { generateKeyPair } from '../../src/keystore/generate.ts';
import { filed, makeDirectory, openStore, waitFor } from './material.ts';

const directories = () => ({ keysDirectory: makeDirectory(), privateDirectory: makeDirectory() });

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const failure = await promise.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  return failure as Failure;
}

describe('a generated key pair', () => {
  it('is a private PKCS#8 file only its owner may read, and its public half among the keys', async () => {
    const where = directories();
    const pair = await generateKeyPair({ name: 'ops', ...where });
    expect(pair.privateFile).toBe(join(where.privateDirectory, 'ops.key'));
    expect(pair.publicFile).toBe(join(where.keysDirectory, 'ops.pub'));
    expect(statSync(pair.privateFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(pair.privateFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readFileSync(pair.publicFile, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    const secret = createPrivateKey(readFileSync(pair.privateFile));
    expect(createPublicKey(secret).equals(createPublicKey(readFileSync(pair.publicFile)))).toBe(true);
    expect(secret.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65_537n });
  });

  it('leaves nothing else behind', async () => {
    const where = directories();
    await generateKeyPair({ name: 'ops', ...where });
    expect(readdirSync(where.keysDirectory)).toEqual(['ops.pub']);
    expect(readdirSync(where.privateDirectory)).toEqual(['ops.key']);
  });

  it('has the size that was asked for', async () => {
    const { privateFile } = await generateKeyPair({ name: 'ops', bits: 3072, ...directories() });
    expect(createPrivateKey(readFileSync(privateFile)).asymmetricKeyDetails?.modulusLength).toBe(3072);
  });

  it('works at once in a running store, under its thumbprint and without a line of complaint', async () => {
    const where = directories();
    const { store, lines } = await openStore(where.keysDirectory);
    const { thumbprint } = await generateKeyPair({ name: 'ops', ...where });
    await waitFor(
      () => filed(store, 'ops.pub'),
      (seen) => seen === thumbprint,
    );
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  });

  it('may lie above the keys directory', async () => {
    const privateDirectory = makeDirectory();
    const keysDirectory = join(privateDirectory, 'keys');
    mkdirSync(keysDirectory);
    await generateKeyPair({ name: 'ops', keysDirectory, privateDirectory });
    expect(readdirSync(privateDirectory).sort()).toEqual(['keys', 'ops.key']);
  });
});

describe('generating refuses', () => {
  it.each([
    ['an existing private key', 'privateDirectory', 'ops.key'],
    ['an existing public key', 'keysDirectory', 'ops.pub'],
  ] as const)('%s, and touches nothing', async (_, which, name) => {
    const where = directories();
    writeFileSync(join(where[which], name), 'precious');
    expect((await failureOf(generateKeyPair({ name: 'ops', ...where }))).code).toBe('file_exists');
    expect(readFileSync(join(where[which], name), 'utf8')).toBe('precious');
    expect([...readdirSync(where.keysDirectory), ...readdirSync(where.privateDirectory)]).toEqual([name]);
  });

  it('a dangling link in the place of either file', async () => {
    const where = directories();
    symlinkSync('nowhere', join(where.privateDirectory, 'ops.key'));
    expect((await failureOf(generateKeyPair({ name: 'ops', ...where }))).code).toBe('file_exists');
    expect(readdirSync(where.keysDirectory)).toEqual([]);
  });

  it('all but one of several that race for a name, and leaves one matching pair', async () => {
    const where = directories();
    const results = await Promise.allSettled([1, 2, 3].map(() => generateKeyPair({ name: 'ops', ...where })));
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost.map(({ reason }) => reason.code)).toEqual(['file_exists', 'file_exists']);
    expect(readdirSync(where.keysDirectory)).toEqual(['ops.pub']);
    const secret = createPrivateKey(readFileSync(join(where.privateDirectory, 'ops.key')));
    const open = createPublicKey(readFileSync(join(where.keysDirectory, 'ops.pub')));
    expect(createPublicKey(secret).equals(open)).toBe(true);
  });

  it('and takes the private key away again when another process takes the public name', async () => {
    const where = directories();
    const making = generateKeyPair({ name: 'ops', ...where, bits: 4096 });
    // The early look is over long before 4096 bits are found.
    await new Promise((done) => setTimeout(done, 20));
    writeFileSync(join(where.keysDirectory, 'ops.pub'), 'theirs');
    expect((await failureOf(making)).code).toBe('file_exists');
    expect(readdirSync(where.privateDirectory)).toEqual([]);
    expect(readdirSync(where.keysDirectory)).toEqual(['ops.pub']);
    expect(readFileSync(join(where.keysDirectory, 'ops.pub'), 'utf8')).toBe('theirs');
  });

  it.each([
    ['the keys directory itself', ''],
    ['a directory inside', 'private'],
  ])('to write a private key into %s, by whatever path', async (_, inside) => {
    const keysDirectory = makeDirectory();
    const target = join(keysDirectory, inside);
    mkdirSync(target, { recursive: true });
    const link = join(makeDirectory(), 'link');
    symlinkSync(target, link);
    for (const privateDirectory of [target, link, join(target, '.')]) {
      const failure = await failureOf(generateKeyPair({ name: 'ops', keysDirectory, privateDirectory }));
      expect(failure).toMatchObject({
        code: 'key_file_invalid',
        message: expect.stringContaining('outside of it'),
      });
    }
    expect(readdirSync(target)).toEqual([]);
  });

  it.each([
    '',
    '.',
    '..',
    '.ops',
    '../ops',
    'a/b',
    'a\\b',
    'a b',
    'ä',
    'ops\0',
    'ops.pub',
    'ops.pem',
    'ops.key',
    'n'.repeat(125),
  ])('the name %j', async (name) => {
    const where = directories();
    expect((await failureOf(generateKeyPair({ name, ...where }))).code).toBe('key_file_invalid');
    expect([...readdirSync(where.keysDirectory), ...readdirSync(where.privateDirectory)]).toEqual([]);
  });

  it.each([1024, 2047, 16_385, 2048.5, Number.NaN])('a key of %d bits', async (bits) => {
    expect((await failureOf(generateKeyPair({ name: 'ops', bits, ...directories() }))).code).toBe(
      'key_file_invalid',
    );
  });

  it.each(['keysDirectory', 'privateDirectory'] as const)('a missing %s, by name', async (which) => {
    const where = { ...directories(), [which]: join(makeDirectory(), 'none') };
    const failure = await failureOf(generateKeyPair({ name: 'ops', ...where }));
    expect(failure).toMatchObject({ code: 'keys_unreadable', message: expect.stringContaining('none') });
  });
});
