import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { openKeyStore } from '../../src/keystore/store.ts';
import { noSidecars } from '../support/policy.ts';
import { becomeNobody, lacks } from '../support/tools.ts';
import {
  filed,
  makeDirectory,
  openStore,
  pem,
  sshLine,
  thumbprint,
  waitFor,
  waitForKey,
} from './material.ts';

describe('opening', () => {
  const open = (directory: string) =>
    openKeyStore({
      directory,
      extraFiles: [],
      suffixOptional: false,
      algorithms: ['RS256'],
      readSidecar: noSidecars,
      report: () => {},
    });

  it.each([
    ['is missing', (parent: string) => join(parent, 'none'), /guard\.keys_dir: .*does not exist/],
    ['is a file', (parent: string) => join(parent, 'file.pub'), /guard\.keys_dir: .*is not a directory/],
  ])('fails when the directory %s', async (_, path, message) => {
    const failure = await open(path(makeDirectory({ 'file.pub': pem(0) }))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'keys_unreadable', message: expect.stringMatching(message) });
  });

  it('fails when the directory cannot be listed', async () => {
    const directory = makeDirectory();
    chmodSync(directory, 0o000);
    onTestFinished(() => chmodSync(directory, 0o700));
    becomeNobody();
    await expect(open(directory)).rejects.toMatchObject({ code: 'keys_unreadable' });
  });

  it('takes an empty directory, and says how to make a key', async () => {
    const { store, lines } = await openStore(makeDirectory());
    expect(store.usableIssuers()).toBe(0);
    expect(lines).toEqual([
      expect.stringContaining('0 usable issuers'),
      expect.stringContaining('broker-guard keygen NAME'),
    ]);
  });
});

describe('names', () => {
  it('takes legal names that end in .pub or .pem, and lists the others as ignored', async () => {
    const legal = ['a.pub', 'B-2_x.pem', '-.pub', 'x.pub.pem', `${'n'.repeat(124)}.pub`];
    const ignored = [
      'a.pub.bak',
      'a.pub~',
      'a.pub.swp',
      'A.PUB',
      'README.md',
      'pub',
      'a b.pub',
      'ä.pub',
      'a\n.pub',
      `${'n'.repeat(125)}.pub`,
    ];
    const names = [...legal, ...ignored, '.pub', '.a.pub', '..data.pub'];
    const { store } = await openStore(makeDirectory(Object.fromEntries(names.map((name) => [name, pem(0)]))));
    expect([...store.snapshot().issuers.keys()]).toEqual([...legal].sort());
    expect(store.snapshot().ignored).toEqual([...ignored].sort());
    for (const name of [...ignored, '.pub', '.a.pub']) expect(store.lookup(name)).toBeUndefined();
  });

  it.each([
    '',
    'o',
    'ops',
    'ops.pu',
    'ops.pub ',
    ' ops.pub',
    'OPS.PUB',
    'Ops.pub',
    'ops.pub\0',
    'ops.pub\0.pem',
    './ops.pub',
    '../ops.pub',
    '/ops.pub',
    'x/../ops.pub',
    '..\\ops.pub',
    '%6fps.pub',
    'ops%2epub',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'size',
  ])('finds nobody under %j', async (name) => {
    const directory = makeDirectory({ 'ops.pub': pem(0), 'ops2.pub': pem(1) });
    for (const suffixOptional of [false, true]) {
      const { store } = await openStore(directory, { suffixOptional });
      if (!(suffixOptional && name === 'ops')) expect(store.lookup(name)).toBeUndefined();
    }
  });

  it('finds exactly the names there are, whatever is asked', async () => {
    const { store } = await openStore(makeDirectory({ 'ops.pub': pem(0) }));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => store.lookup(name) === undefined));
    expect(store.lookup('ops.pub')?.usable).toBe(true);
  });

  it('serves issuers with names of object members', async () => {
    const { store } = await openStore(makeDirectory({ '__proto__.pub': pem(0), 'constructor.pem': pem(1) }), {
      suffixOptional: true,
    });
    expect(filed(store, '__proto__')).toBe(await thumbprint(0));
    expect(filed(store, 'constructor')).toBe(await thumbprint(1));
    expect(store.lookup('toString')).toBeUndefined();
  });
});

describe('names without suffix', () => {
  it('finds the only file of that stem, and only when allowed', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    expect((await openStore(directory)).store.lookup('ops')).toBeUndefined();
    const { store } = await openStore(directory, { suffixOptional: true });
    expect(filed(store, 'ops')).toBe(await thumbprint(0));
  });

  it('is filed under the full name, however it was found', async () => {
    const { store } = await openStore(makeDirectory({ 'ops.pub': pem(0), 'bad.pem': '' }), {
      suffixOptional: true,
    });
    for (const [asked, name] of [
      ['ops', 'ops.pub'],
      ['ops.pub', 'ops.pub'],
      ['bad', 'bad.pem'],
    ] as const)
      expect(store.lookup(asked)?.name).toBe(name);
  });

  it('names nobody where two files have the stem, usable or not', async () => {
    const directory = makeDirectory({
      'ops.pub': pem(0),
      'ops.pem': pem(1),
      'dev.pub': pem(2),
      'dev.pem': '',
    });
    const { store } = await openStore(directory, { suffixOptional: true });
    expect(store.lookup('ops')).toBeUndefined();
    expect(store.lookup('dev')).toBeUndefined();
    expect(filed(store, 'ops.pem')).toBe(await thumbprint(1));
  });

  it('means the file of exactly that name where there is one', async () => {
    const extra = join(makeDirectory({ ops: pem(1) }), 'ops');
    const { store } = await openStore(makeDirectory({ 'ops.pub': pem(0) }), {
      suffixOptional: true,
      extraFiles: [extra],
    });
    expect(filed(store, 'ops')).toBe(await thumbprint(1));
  });

  it('does not take a full file name for a stem', async () => {
    const { store } = await openStore(makeDirectory({ 'ops.pub.pub': pem(0) }), { suffixOptional: true });
    expect(store.lookup('ops.pub')).toBeUndefined();
  });

  it('follows the directory', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory, { suffixOptional: true });
    writeFileSync(join(directory, 'ops.pem'), pem(1));
    await waitForKey(store, 'ops.pem', 1);
    expect(store.lookup('ops')).toBeUndefined();
  });
});

describe('configured key files', () => {
  it('are one more issuer each, under their base name, through any link', async () => {
    const elsewhere = makeDirectory({ 'broker.key.txt': pem(1), real: sshLine(2) });
    const link = join(makeDirectory(), 'linked.pub');
    symlinkSync(join(elsewhere, 'real'), link);
    const { store } = await openStore(makeDirectory({ 'ops.pub': pem(0) }), {
      extraFiles: [join(elsewhere, 'broker.key.txt'), link],
    });
    expect(filed(store, 'broker.key.txt')).toBe(await thumbprint(1));
    expect(filed(store, 'linked.pub')).toBe(await thumbprint(2));
    expect(store.usableIssuers()).toBe(3);
  });

  it('may be a file of the keys directory', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory, { extraFiles: [join(directory, 'ops.pub')] });
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    expect(store.usableIssuers()).toBe(1);
  });

  it('make nobody of a name that has other keys in the directory, until they agree', async () => {
    const elsewhere = makeDirectory({ 'ops.pub': pem(1) });
    const { store, lines } = await openStore(makeDirectory({ 'ops.pub': pem(0) }), {
      extraFiles: [join(elsewhere, 'ops.pub')],
    });
    expect(filed(store, 'ops.pub')).toMatch(/Two files with different keys/);
    expect(lines.filter((line) => line.includes('Two files'))).toHaveLength(1);
    writeFileSync(join(elsewhere, 'ops.pub'), pem(0));
    await waitForKey(store, 'ops.pub', 0);
  });

  it('are told when their name cannot stand in a token', async () => {
    const { store, lines } = await openStore(makeDirectory(), { extraFiles: ['/etc/my key.pub'] });
    expect(lines[0]).toBe(
      'warning: "/etc/my key.pub" is not used: its name cannot be an issuer name; rename it',
    );
    expect(store.snapshot().issuers.size).toBe(0);
  });
});

describe('other programs make the files', () => {
  it.skipIf(lacks('openssl'))('reads what openssl makes', async () => {
    const [directory, outside] = [makeDirectory(), makeDirectory()];
    const secret = join(outside, 'secret');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    openssl('genrsa', '-out', secret, '2048');
    openssl('rsa', '-in', secret, '-pubout', '-out', join(directory, 'spki.pub'));
    openssl('rsa', '-in', secret, '-RSAPublicKey_out', '-out', join(directory, 'pkcs1.pem'));
    openssl('req', '-new', '-x509', '-key', secret, '-subj', '/CN=ops', '-out', join(directory, 'x509.pem'));
    openssl('x509', '-in', join(directory, 'x509.pem'), '-text', '-out', join(directory, 'text.pem'));
    const { store } = await openStore(directory);
    const found = [...store.snapshot().issuers.keys()].map((name) => filed(store, name));
    expect(store.usableIssuers()).toBe(4);
    expect(new Set(found).size).toBe(1);
  });

  it.skipIf(lacks('ssh-keygen'))('reads what ssh-keygen makes', async () => {
    const [directory, outside] = [makeDirectory(), makeDirectory()];
    const secret = join(outside, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', secret]);
    const spki = execFileSync('ssh-keygen', ['-e', '-m', 'PKCS8', '-f', `${secret}.pub`]);
    writeFileSync(join(directory, 'spki.pub'), spki);
    execFileSync('cp', [`${secret}.pub`, join(directory, 'id.pub')]);
    const { store } = await openStore(directory);
    expect(filed(store, 'id.pub')).toBe(filed(store, 'spki.pub'));
    expect(store.usableIssuers()).toBe(2);
  });
});

describe('lookups', () => {
  it('never reach the file system, however many unknown names are asked', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0) });
    const { store } = await openStore(directory);
    const before = store.snapshot();
    store.close();
    writeFileSync(join(directory, 'late.pub'), pem(1));
    for (let index = 0; index < 10_000; index += 1) expect(store.lookup(`x${index}.pub`)).toBeUndefined();
    await delay(300);
    expect(store.lookup('late.pub')).toBeUndefined();
    expect(store.snapshot()).toBe(before);
  });

  it('work when handed on as a bare function', async () => {
    const { store } = await openStore(makeDirectory({ 'ops.pub': pem(0) }));
    const { lookup } = store;
    expect(lookup('ops.pub')?.usable).toBe(true);
  });
});

it('finds every one of 10,000 files, and follows a change among them', async () => {
  const text = pem(0);
  const names = Array.from({ length: 10_000 }, (_, index) => `key${index}.pub`);
  const directory = makeDirectory(Object.fromEntries(names.map((name) => [name, text])));
  const { store } = await openStore(directory);
  expect(store.usableIssuers()).toBe(10_000);
  expect(names.every((name) => store.lookup(name)?.usable)).toBe(true);
  writeFileSync(join(directory, 'key777.pub'), pem(1));
  await waitFor(
    () => filed(store, 'key777.pub'),
    (seen) => seen !== filed(store, 'key776.pub'),
    5000,
  );
});
