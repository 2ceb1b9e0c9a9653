// Attack: the private key of a CA signs a token, because its certificate stands in an issuer's key file behind the
// issuer's own, as in every fullchain.pem. Rule: a certificate that signed another of the same file never counts.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseKeyFile } from '../../src/keystore/keyfile.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';
import { lacks } from '../support/tools.ts';

interface Made {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

const cannotRun = lacks('openssl');
const made: Record<'root' | 'middle' | 'leaf' | 'other' | 'renewed' | 'ecRoot' | 'ecLeaf', Made> =
  Object.create(null);

function makeCertificates(cwd: string): void {
  const run = (line: string) => execFileSync('openssl', line.split(' '), { cwd, stdio: 'ignore' });
  const rsa = ['-newkey', 'rsa:2048'].join(' ');
  const make = (name: keyof typeof made, kind: string, issuer?: string) => {
    const key = `-keyout ${name}.key -noenc -subj /CN=${name}`;
    if (issuer === undefined) run(`req -x509 ${kind} ${key} -out ${name}.pem`);
    else {
      run(`req -new ${kind} ${key} -out ${name}.csr`);
      run(`x509 -req -in ${name}.csr -CA ${issuer}.pem -CAkey ${issuer}.key -out ${name}.pem`);
    }
    const read = (suffix: string) => readFileSync(join(cwd, `${name}.${suffix}`), 'utf8');
    made[name] = { pem: read('pem'), privateKey: createPrivateKey(read('key')) };
  };
  make('root', rsa);
  make('middle', rsa, 'root');
  make('leaf', rsa, 'middle');
  make('other', rsa);
  execFileSync('cp', ['other.key', 'renewed.key'], { cwd });
  make('renewed', '-key renewed.key');
  make('ecRoot', '-newkey ec -pkeyopt ec_paramgen_curve:P-256');
  make('ecLeaf', rsa, 'ecRoot');
}

const chain = (...names: readonly (keyof typeof made)[]) => names.map((name) => made[name].pem).join('');
const countKeys = (text: string): number | string => {
  const file = parseKeyFile(text);
  return file.usable ? file.keys.length : file.reason;
};

describe.skipIf(cannotRun)('a chain of certificates in one key file', () => {
  beforeAll(() => {
    const cwd = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    makeCertificates(cwd);
    execFileSync('rm', ['-r', cwd]);
  });

  it.each<[string, readonly (keyof typeof made)[]]>([
    ['leaf first', ['leaf', 'middle', 'root']],
    ['root first', ['root', 'middle', 'leaf']],
    ['in no order', ['middle', 'leaf', 'root']],
  ])('%s, accepts what the leaf signs and nothing that a CA signs', async (_, names) => {
    const pair = await startPair({ keys: { 'ops.pub': chain(...names) } });
    const ask = (name: keyof typeof made) => {
      const issuer = { ...makeIssuer(), privateKey: made[name].privateKey };
      return pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(issuer)}`]));
    };
    for (const name of ['middle', 'root'] as const) {
      const refused = await ask(name);
      expect(JSON.parse(refused.body)).toMatchObject({ reason: 'token_rejected' });
    }
    expect((await ask('leaf')).status).toBe(200);
    expect(pair.upstream.requests).toHaveLength(1);
  });

  it('whose CA has a key of another kind is as good as the issuer alone', () =>
    expect(countKeys(chain('ecLeaf', 'ecRoot'))).toBe(1));

  it('beside an unrelated certificate keeps that one too', () =>
    expect(countKeys(chain('leaf', 'middle', 'other'))).toBe(2));

  it('of certificates that have nothing to do with each other is several keys', () =>
    expect(countKeys(chain('leaf', 'other', 'root'))).toBe(3));

  it('of a self-signed certificate, alone, twice, or beside its renewal for the same key, is one key', () => {
    expect(countKeys(chain('root'))).toBe(1);
    expect(countKeys(chain('other', 'other'))).toBe(1);
    expect(countKeys(chain('other', 'renewed'))).toBe(1);
  });
});
