// A token with claims of one's own, and a token in a file that cron renews.
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const pemOf = ({ privateKey }: typeof OPS) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function makePlace(files: Record<string, string> = {}) {
  const folder = makeWorkspace({ 'ops.key': pemOf(OPS), ...files });
  const out = join(folder, 'token');
  const mint = (...args: string[]) => runCommand(['token', join(folder, 'ops.key'), ...args]);
  return {
    folder,
    out,
    mint,
    renew: (...args: string[]) => mint('--out', out, '--renew', ...args),
    read: () => readFileSync(out, 'utf8'),
    list: () => readdirSync(folder).sort(),
  };
}

/** A token as `token ops.key` makes it, of another time. */
const aged = (iat: number, exp: number, issuer = OPS) =>
  mintToken(issuer, { iat: nowSeconds() + iat, exp: nowSeconds() + exp });

describe('token', () => {
  it('takes claims of its own by --scope, --claim and --acl', async () => {
    const acl = { pub: ['a/#'], sub: [], all: [] };
    const place = makePlace({ 'rules.json': JSON.stringify(acl) });
    const claims = [
      '--claim',
      'team="plant"',
      '--claim',
      'levels=[1,2]',
      '--claim',
      'x=a=b'.replace('a=b', '"a=b"'),
    ];
    const { stdout } = await place.mint(
      '--scope',
      'read publish',
      ...claims,
      '--acl',
      join(place.folder, 'rules.json'),
    );
    expect(decodeJwt(stdout.trim())).toMatchObject({
      scope: 'read publish',
      team: 'plant',
      levels: [1, 2],
      x: 'a=b',
      acl,
    });
  });

  it.each<[string, string[], string]>([
    [
      'a claim without a value',
      ['--claim', 'team'],
      '--claim is NAME=JSON, such as --claim \'team="plant"\' or --claim level=3\n',
    ],
    [
      'a claim without a name',
      ['--claim', '=1'],
      '--claim is NAME=JSON, such as --claim \'team="plant"\' or --claim level=3\n',
    ],
    [
      'a text without its quotes',
      ['--claim', 'team=plant'],
      '--claim team: the value is no JSON; a text needs its quotes: --claim \'team="text"\'\n',
    ],
    ['a claim that has a flag', ['--claim', 'sub="x"'], '--claim sub: this one is set by --subject\n'],
    ['a claim of the clock', ['--claim', 'iat=1'], '--claim iat: this one is set by the clock\n'],
    ['--renew without --out', ['--renew'], '--renew needs --out FILE, the file of the token\n'],
  ])('refuses %s', async (_, args, stderr) => {
    expect(await makePlace().mint(...args)).toEqual({ code: 2, stdout: '', stderr });
  });

  it.each([
    ['is missing', undefined, /^--acl: \S+rules\.json cannot be read \(ENOENT\)\n$/],
    ['is no JSON', 'all of it', /^--acl: \S+rules\.json holds no JSON\n$/],
    [
      'holds no rules',
      '5',
      /^--acl: \S+rules\.json would be refused: acl must be an object or a list of rules\.\n$/,
    ],
  ])('refuses an --acl file that %s', async (_, text, sentence) => {
    const place = makePlace(text === undefined ? {} : { 'rules.json': text });
    const { code, stderr } = await place.mint('--acl', join(place.folder, 'rules.json'));
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it('a claim named like a member of every object is a claim', async () => {
    const { stdout } = await makePlace().mint('--claim', '__proto__={"a":1}', '--claim', 'flaw="x"');
    const payload = Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).toContain('"__proto__":{"a":1}');
    expect(payload).toContain('"flaw":"x"');
  });

  it('warns of a token that the guard finds too long', async () => {
    const long = ['--claim', `note=${JSON.stringify('x'.repeat(9000))}`];
    const place = makePlace({ 'nanomq.conf': 'guard.token.max_bytes = 32KB\nhttp_server.port = 8081' });
    expect((await place.mint(...long)).stderr).toMatch(
      /^warning: the token has \d{5} bytes, and the guard takes 8192 \(guard\.token\.max_bytes\)\n$/,
    );
    expect((await place.mint(...long, '--config', join(place.folder, 'nanomq.conf'))).stderr).toBe('');
  });
});

describe('token --out', () => {
  it('writes the token for its owner alone, and prints nothing', async () => {
    const place = makePlace();
    expect(await place.mint('--out', place.out)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(statSync(place.out).mode & 0o777).toBe(0o600);
    await jwtVerify(place.read().trim(), OPS.publicKey);
    expect(place.list()).toEqual(['ops.key', 'token']);
  });

  it('replaces a token in one step: whoever has the old file open reads the old token', async () => {
    const place = makePlace();
    writeFileSync(place.out, `${aged(-3000, 600)}\n`);
    chmodSync(place.out, 0o644);
    const before = statSync(place.out).ino;
    await place.mint('--out', place.out);
    expect(statSync(place.out).ino).not.toBe(before);
    expect(statSync(place.out).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.getuid?.() === 0)('leaves the file to the user whose it was', async () => {
    const place = makePlace({ token: '' });
    chownSync(place.out, 65_534, 65_534);
    expect((await place.mint('--out', place.out)).code).toBe(0);
    expect(statSync(place.out)).toMatchObject({ uid: 65_534, gid: 65_534 });
  });

  it('writes where a link leads to', async () => {
    const place = makePlace({ real: '' });
    symlinkSync(join(place.folder, 'real'), place.out);
    await place.mint('--out', place.out);
    expect(decodeJwt(readFileSync(join(place.folder, 'real'), 'utf8').trim()).iss).toBe('ops.pub');
    expect(place.list()).toEqual(['ops.key', 'real', 'token']);
  });

  it('overwrites nothing but a token, the private key least of all', async () => {
    const place = makePlace({ notes: 'precious' });
    for (const name of ['ops.key', 'notes']) {
      const file = join(place.folder, name);
      const before = readFileSync(file, 'utf8');
      const { code, stderr } = await place.mint('--out', file);
      expect(code).toBe(1);
      expect(stderr).toBe(`--out: ${file} holds something that is no token, and is not overwritten\n`);
      expect(readFileSync(file, 'utf8')).toBe(before);
    }
    expect((await place.mint('--out', place.folder)).stderr).toMatch(/cannot be read \(not a regular file\)/);
    expect((await place.mint('--out', join(place.folder, 'no/token'))).stderr).toMatch(
      /no\/token cannot be written \(its directory does not exist\)\n$/,
    );
  });
});

describe('token --renew', () => {
  it.each<[string, () => string]>([
    ['is not there', () => ''],
    ['has less than a third of its lifetime left', () => aged(-2500, 1100)],
    ['has expired', () => aged(-4000, -400)],
    ['was issued by a clock that went ahead', () => aged(600, 4200)],
    ['lives for another time than is asked for', () => aged(-10, 7190)],
    ['is signed with another key', () => aged(-10, 3590, makeIssuer())],
    [
      'says another issuer',
      () => mintToken(OPS, { iss: 'dev.pub', iat: nowSeconds() - 10, exp: nowSeconds() + 3590 }),
    ],
    [
      'has a claim that nobody asks for',
      () => mintToken(OPS, { sub: 'x', iat: nowSeconds() - 10, exp: nowSeconds() + 3590 }),
    ],
  ])('writes a new token where the one of the file %s', async (_, make) => {
    const place = makePlace({ token: make() });
    const before = place.read();
    expect(await place.renew()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(place.read()).not.toBe(before);
    const { iat = 0, exp = 0 } = decodeJwt(place.read().trim());
    expect(exp - iat).toBe(3600);
    expect(Math.abs(iat - nowSeconds())).toBeLessThan(5);
  });

  it('leaves a token as it is that is good for long enough, and says so with --json alone', async () => {
    const place = makePlace({ token: `${aged(-2300, 1300)}\n` });
    const before = { text: place.read(), ino: statSync(place.out).ino };
    expect(await place.renew()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect({ text: place.read(), ino: statSync(place.out).ino }).toEqual(before);
    expect(JSON.parse((await place.renew('--json')).stdout)).toEqual({ file: place.out, written: false });
    expect(JSON.parse((await place.renew('--json', '--subject', 'x')).stdout)).toEqual({
      file: place.out,
      written: true,
    });
  });

  it('fails where it cannot sign, and leaves the old token', async () => {
    const old = aged(-3500, 100);
    const place = makePlace({ token: old });
    const missing = await runCommand(['token', join(place.folder, 'no.key'), '--out', place.out, '--renew']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/no\.key does not exist/);
    expect(place.read()).toBe(old);
    expect(existsSync(place.out)).toBe(true);
  });
});
