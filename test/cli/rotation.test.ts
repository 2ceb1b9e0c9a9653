// The life of a key on the command line: a second one into the file of its issuer, what of it is in use, and one fewer.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '../../src/keystore/generate.ts';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { FILE_ALGORITHMS } from '../../src/token/algorithms.ts';
import { runCommand } from '../support/command.ts';
import { curveKey, publicPem, thumbprintOf } from '../support/curves.ts';
import { makeIssuer } from '../support/issuers.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const NEXT = makeIssuer();

const thumbprints = (text: string): string[] => {
  const file = parseKeyFile(text, FILE_ALGORITHMS);
  return file.usable ? file.keys.map(({ thumbprint }) => thumbprint) : [];
};
const [OLD_PRINT = '', NEXT_PRINT = ''] = thumbprints(OPS.publicPem + NEXT.publicPem);

function makePlace(files: Record<string, string> = { 'keys/ops.pub': OPS.publicPem }) {
  const folder = makeWorkspace({ 'keys/.keep': '', ...files });
  const file = join(folder, 'keys/ops.pub');
  const keysDir = ['--keys-dir', join(folder, 'keys')];
  return {
    folder,
    file,
    read: () => readFileSync(file, 'utf8'),
    keygen: (...args: string[]) => runCommand(['keygen', 'ops', ...keysDir, '--out', folder, ...args]),
    keys: (...args: string[]) => runCommand(['keys', ...keysDir, ...args]),
    list: () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort(),
  };
}

describe('keygen --algorithm', () => {
  it.each([
    ['ES256', 'prime256v1'],
    ['ES384', 'secp384r1'],
    ['ES512', 'secp521r1'],
    ['EdDSA', undefined],
    ['PS256', undefined],
  ])('%s makes a key that can sign it', async (algorithm, namedCurve) => {
    const place = makePlace({});
    const { code, stdout } = await place.keygen('--algorithm', algorithm, '--json');
    expect(code).toBe(0);
    const key = createPrivateKey(readFileSync(join(place.folder, 'ops.key')));
    expect(key.asymmetricKeyDetails?.namedCurve).toBe(namedCurve);
    expect(thumbprints(place.read())).toEqual([JSON.parse(stdout).thumbprint]);
    expect(createPublicKey(key).equals(createPublicKey(place.read()))).toBe(true);
  });

  it('says what the settings have to list, where they do not', async () => {
    const place = makePlace({ 'nanomq.conf': 'guard.token.algorithms = [RS512]\nhttp_server.port = 8081' });
    const config = ['--config', join(place.folder, 'nanomq.conf')];
    const { code, stderr } = await place.keygen('--algorithm', 'EdDSA', ...config);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        'the guard takes such a key where the settings list its algorithm: guard.token.algorithms = [RS512, EdDSA]\n',
    });
    const listed = await runCommand(['keygen', 'dev', '--out', place.folder, ...config]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes no size for a curve', async () => {
    const place = makePlace({});
    expect(await place.keygen('--algorithm', 'ES256', '--bits', '4096')).toEqual({
      code: 2,
      stdout: '',
      stderr: '--bits is for RSA; a key for ES256 has one size\n',
    });
    expect(place.list()).toEqual(['keys', 'keys/.keep']);
  });
});

describe('keygen --add', () => {
  it('puts a key behind those of NAME.pub, and its private half into a file of its own', async () => {
    const place = makePlace({
      'keys/ops.pub': `# of the plant\n${OPS.publicPem.trimEnd()}`,
      'ops.key': 'the first',
    });
    chmodSync(place.file, 0o640);
    const { code, stdout, stderr } = await place.keygen('--add', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const made = JSON.parse(stdout);
    expect(made).toMatchObject({ privateFile: join(place.folder, 'ops.2.key'), publicFile: place.file });
    expect(thumbprints(place.read())).toEqual([OLD_PRINT, made.thumbprint]);
    expect(place.read()).toContain('# of the plant\n');
    expect(statSync(made.privateFile).mode & 0o777).toBe(0o600);
    expect(statSync(place.file).mode & 0o777).toBe(0o640);
    expect(place.list()).toEqual(['keys', 'keys/.keep', 'keys/ops.pub', 'ops.2.key', 'ops.key']);
    expect(readFileSync(join(place.folder, 'ops.key'), 'utf8')).toBe('the first');
  });

  it('takes the first free name, and prints a line that mints a token of the same issuer', async () => {
    const place = makePlace({ 'keys/ops.pub': OPS.publicPem, 'ops.key': '', 'ops.2.key': '' });
    const { stdout } = await place.keygen('--add', '--algorithm', 'ES256');
    expect(stdout).toContain(`token ${join(place.folder, 'ops.3.key')} --issuer ops.pub\n`);
    const first = makePlace();
    expect((await first.keygen('--add')).stdout).toMatch(/ops\.key\n$/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['there is no such issuer', {}, /ops\.pub is not there\.\n$/],
    [
      'its file is not usable',
      { 'keys/ops.pub': 'hello' },
      /ops\.pub cannot be changed so\. The file holds no public key/,
    ],
    [
      'it has eight keys',
      { 'keys/ops.pub': Array.from({ length: 8 }, () => publicOf()).join('') },
      /ops\.pub cannot be changed so\. The file holds 9 keys; at most 8/,
    ],
    [
      'a change is under way',
      { 'keys/ops.pub': OPS.publicPem, 'keys/.ops.pub.change': '' },
      /is being changed: \S+\.ops\.pub\.change is there\. Where nobody/,
    ],
  ])('makes nothing where %s', async (_, files, sentence) => {
    const place = makePlace(files);
    const before = place.list();
    const { code, stdout, stderr } = await place.keygen('--add', '--algorithm', 'EdDSA');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(place.list()).toEqual(before);
  });

  it('changes no file that a link leads to', async () => {
    const place = makePlace({ 'real.pub': OPS.publicPem });
    symlinkSync(join(place.folder, 'real.pub'), place.file);
    const { code, stderr } = await place.keygen('--add');
    expect(code).toBe(1);
    expect(stderr).toMatch(/ops\.pub is a link: change the file that it leads to\.\n$/);
    expect(readFileSync(join(place.folder, 'real.pub'), 'utf8')).toBe(OPS.publicPem);
  });

  it('loses no key where several people add one at once', async () => {
    const place = makePlace();
    const request = {
      name: 'ops',
      keysDirectory: join(place.folder, 'keys'),
      algorithm: 'EdDSA',
      adds: true,
    } as const;
    const homes = ['a', 'b', 'c', 'd'].map((name) => join(place.folder, name));
    for (const home of homes) mkdirSync(home);
    const made = await Promise.allSettled(
      homes.map((privateDirectory) => generateKeyPair({ ...request, privateDirectory })),
    );
    const added = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(added.length).toBeGreaterThan(0);
    expect(thumbprints(place.read()).sort()).toEqual(
      [OLD_PRINT, ...added.map(({ thumbprint }) => thumbprint)].sort(),
    );
    expect(homes.filter((home) => existsSync(join(home, 'ops.key')))).toHaveLength(added.length);
  });
});

function publicOf(): string {
  return generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

describe('keys', () => {
  it('stand in columns, each kind by its name', async () => {
    const gate = curveKey('ES256');
    const place = makePlace({
      'keys/ops.pub': OPS.publicPem,
      'keys/gate-of-the-plant.pub': publicPem(gate),
      'nanomq.conf': 'guard.token.algorithms = [RS256, ES256]\nhttp_server.port = 8081',
    });
    const { stdout } = await place.keys('--config', join(place.folder, 'nanomq.conf'));
    expect(stdout).toBe(
      `usable    gate-of-the-plant.pub  P-256     ${thumbprintOf(gate)}\n` +
        `usable    ops.pub                RSA 2048  ${OLD_PRINT}\n`,
    );
  });

  const record = (members: object) =>
    JSON.stringify({ type: 'audit', issuer: 'ops.pub', key: OLD_PRINT, outcome: 'allowed', ...members });
  const RECORDS = [
    record({ time: '2026-11-02T08:00:00.000Z' }),
    record({ time: '2026-11-01T08:00:00.000Z', outcome: 'denied' }),
    record({ time: '2026-11-20T08:00:00.000Z', issuer: 'other.pub' }),
    record({ time: '2026-11-21T08:00:00.000Z', key: undefined }),
    '{"type":"audit","key":"torn',
    '{"type":"audit","issuer":"ops.pub","key":"of another program"}',
    'null "key":',
  ].join('\n');

  it('are shown with their last use and their calls, by the audit records', async () => {
    const place = makePlace({ 'keys/ops.pub': OPS.publicPem + NEXT.publicPem, 'audit.log': RECORDS });
    const audit = ['--audit', join(place.folder, 'audit.log')];
    const { stdout } = await place.keys(...audit);
    expect(stdout).toBe(
      `usable    ops.pub  RSA 2048  ${OLD_PRINT}  2026-11-02T08:00:00.000Z  2 calls, 1 refused\n` +
        `usable    ops.pub  RSA 2048  ${NEXT_PRINT}  not used\n`,
    );
    const { issuers } = JSON.parse((await place.keys(...audit, '--json')).stdout);
    expect(issuers[0].keys.map(({ use }: { use: unknown }) => use)).toEqual([
      { calls: 2, refused: 1, last_used: '2026-11-02T08:00:00.000Z' },
      null,
    ]);
  });

  it('take several files of records, and say which cannot be read', async () => {
    const place = makePlace({ 'keys/ops.pub': OPS.publicPem, 'audit.log': RECORDS, 'audit.log.1': RECORDS });
    const [one, two] = [join(place.folder, 'audit.log'), join(place.folder, 'audit.log.1')];
    expect((await place.keys('--audit', one, two)).stdout).toMatch(/ 4 calls, 2 refused\n$/);
    const { code, stderr } = await place.keys('--audit', join(place.folder, 'none'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^the audit records in \S+none cannot be read \(ENOENT\)$/m);
  });

  it('take the records of guard.audit.file where no other is named, once there are some', async () => {
    const settings = 'guard.audit.file = audit.log\nhttp_server.port = 8081';
    const place = makePlace({ 'keys/ops.pub': OPS.publicPem, 'nanomq.conf': settings });
    const list = async () => (await place.keys('--config', join(place.folder, 'nanomq.conf'))).stdout;
    expect(await list()).toBe(`usable    ops.pub  RSA 2048  ${OLD_PRINT}\n`);
    writeFileSync(join(place.folder, 'audit.log'), RECORDS);
    expect(await list()).toMatch(/ 2 calls, 1 refused\n$/);
  });
});

describe('keys --remove', () => {
  it('takes one key out of its file in one step', async () => {
    const place = makePlace({ 'keys/ops.pub': `note\n${OPS.publicPem}${NEXT.publicPem}` });
    const { code, stdout } = await place.keys('--remove', OLD_PRINT);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${OLD_PRINT} is removed from ops.pub; 1 key is left\n`,
    });
    expect(place.read()).toBe(NEXT.publicPem);
    expect(place.list()).toEqual(['keys', 'keys/.keep', 'keys/ops.pub']);
  });

  it('refuses to remove the last key of an issuer, but for --force', async () => {
    const place = makePlace();
    const refused = await place.keys('--remove', OLD_PRINT);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/would have no key any more, and its issuer would be gone: say --force/);
    expect(place.read()).toBe(OPS.publicPem);
    const forced = await place.keys('--remove', OLD_PRINT, '--force', '--json');
    expect(JSON.parse(forced.stdout)).toEqual({ issuer: 'ops.pub', thumbprint: OLD_PRINT, keys_left: 0 });
    expect(place.list()).toEqual(['keys', 'keys/.keep']);
  });

  it('asks which issuer is meant where several have the key', async () => {
    const place = makePlace({
      'keys/ops.pub': OPS.publicPem + NEXT.publicPem,
      'keys/dev.pub': OPS.publicPem,
    });
    const { code, stderr } = await place.keys('--remove', OLD_PRINT);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'dev.pub, ops.pub have this key: say which one is to lose it, with --issuer\n',
    });
    expect((await place.keys('--remove', OLD_PRINT, '--issuer', 'ops.pub')).code).toBe(0);
    expect(thumbprints(place.read())).toEqual([NEXT_PRINT]);
    expect(readFileSync(join(place.folder, 'keys/dev.pub'), 'utf8')).toBe(OPS.publicPem);
  });

  it('says so where nobody has the key', async () => {
    const { code, stderr } = await makePlace().keys('--remove', NEXT_PRINT);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'no usable issuer has a key of this thumbprint: broker-guard keys lists them\n',
    });
  });

  it('never makes an issuer of the CA that had signed the removed certificate', async () => {
    const place = makePlace({});
    writeFileSync(place.file, (await chainOf()) + NEXT.publicPem);
    const [leaf = '', other] = thumbprints(place.read());
    expect(other).toBe(NEXT_PRINT);
    await place.keys('--remove', leaf);
    expect(thumbprints(place.read())).toEqual([NEXT_PRINT]);
  });
});

/** A certificate of a CA, and the CA's own. */
async function chainOf(): Promise<string> {
  const { default: forge } = await import('node-forge');
  const [ca, leaf] = [makeIssuer(), makeIssuer()];
  const certify = (subject: string, key: typeof ca, isCa: boolean): string => {
    const made = forge.pki.createCertificate();
    made.publicKey = forge.pki.publicKeyFromPem(key.publicPem);
    made.serialNumber = isCa ? '01' : '02';
    made.validity.notAfter = new Date(Date.now() + 86_400_000);
    made.setSubject([{ name: 'commonName', value: subject }]);
    made.setIssuer([{ name: 'commonName', value: 'ca' }]);
    const pem = ca.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    made.sign(forge.pki.privateKeyFromPem(pem), forge.md.sha256.create());
    return forge.pki.certificateToPem(made);
  };
  return certify('leaf', leaf, false) + certify('ca', ca, true);
}
