// `broker-guard keygen`, as a process.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

function makeWorkspaceWithKeys(): string {
  const cwd = makeWorkspace();
  mkdirSync(join(cwd, 'keys'));
  return cwd;
}

describe('keygen', () => {
  it('writes NAME.key for its owner alone and keys/NAME.pub that belongs to it', async () => {
    const cwd = makeWorkspaceWithKeys();
    const { code, stdout, stderr } = await runProgram(['keygen', 'ops'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(statSync(join(cwd, 'ops.key')).mode & 0o777).toBe(0o600);
    const privateKey = createPrivateKey(readFileSync(join(cwd, 'ops.key')));
    const publicPem = readFileSync(join(cwd, 'keys/ops.pub'), 'utf8');
    expect(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })).toBe(publicPem);
    expect(readdirSync(cwd).sort()).toEqual(['keys', 'ops.key']);
    expect(stdout).toContain(`private half: ${join(cwd, 'ops.key')} (keep it secret)`);
    expect(stdout).not.toContain('PRIVATE KEY-----');
  });

  it('--json prints the files and the thumbprint, and nothing else', async () => {
    const cwd = makeWorkspaceWithKeys();
    const { stdout } = await runProgram(['keygen', 'ops', '--json', '--bits', '3072'], { cwd });
    const publicKey = createPublicKey(readFileSync(join(cwd, 'keys/ops.pub')));
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    const { n, e } = publicKey.export({ format: 'jwk' });
    expect(JSON.parse(stdout)).toEqual({
      privateFile: join(cwd, 'ops.key'),
      publicFile: join(cwd, 'keys/ops.pub'),
      thumbprint: await calculateJwkThumbprint({ kty: 'RSA', n, e } as never),
    });
  });

  it('the line it prints mints a token, in directories with blanks and quotes too', async () => {
    const cwd = join(makeWorkspaceWithKeys(), "the 'new' keys");
    mkdirSync(join(cwd, 'keys'), { recursive: true });
    const { stdout } = await runProgram(['keygen', 'ops'], { cwd });
    const line = /a token: +(.*)\n/.exec(stdout)?.[1] as string;
    const { startProcess } = await import('../support/program.ts');
    const minted = await startProcess('sh', ['-c', line], { cwd }).ended;
    expect(minted).toMatchObject({ code: 0, stderr: '' });
    expect(minted.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it.each([
    ['the private half', 'ops.key'],
    ['the public half', 'keys/ops.pub'],
  ])('overwrites nothing: %s is there already', async (_, file) => {
    const cwd = makeWorkspaceWithKeys();
    writeFileSync(join(cwd, file), 'precious');
    const { code, stdout, stderr } = await runProgram(['keygen', 'ops'], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/exists already and is not overwritten/);
    expect(readFileSync(join(cwd, file), 'utf8')).toBe('precious');
    expect(readdirSync(cwd).length + readdirSync(join(cwd, 'keys')).length).toBe(2);
  });

  it.each(['../evil', 'a/b', '.hidden', 'a b', '', 'ops.pub', 'ops.key', 'x'.repeat(125), 'ö'])(
    'refuses the name %j and makes nothing',
    async (name) => {
      const cwd = makeWorkspaceWithKeys();
      const { code, stderr } = await runProgram(['keygen', name], { cwd });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^A key name has 1 to 124 characters/);
      expect(readdirSync(cwd)).toEqual(['keys']);
      expect(readdirSync(join(cwd, 'keys'))).toEqual([]);
    },
  );

  it('refuses to put the private half into the keys directory', async () => {
    const cwd = makeWorkspaceWithKeys();
    const { code, stderr } = await runProgram(['keygen', 'ops', '--out', 'keys'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/must not be written into the keys directory/);
    expect(readdirSync(join(cwd, 'keys'))).toEqual([]);
  });

  it.each([
    [
      'keys directory',
      ['keygen', 'ops', '--keys-dir', 'keys'],
      /^there is no directory \S+keys: .*--keys-dir\n$/,
    ],
    [
      'directory for the private half',
      ['keygen', 'ops', '--keys-dir', '.', '--out', 'no'],
      /^there is no directory \S+no: .*--out\n$/,
    ],
  ])('says which %s is missing, and the flag that names another', async (_, args, sentence) => {
    const { code, stderr } = await runProgram(args, { cwd: makeWorkspace() });
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it.each([
    ['in an empty folder', {}],
    ['beside settings that name none', { 'nanomq.conf': 'http_server { port = 8081 }' }],
  ])('makes the default keys directory %s', async (_, files) => {
    const cwd = makeWorkspace(files);
    const { code, stderr } = await runProgram(['keygen', 'ops'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(join(cwd, 'keys'))).toEqual(['ops.pub']);
  });

  it.each([
    ['for settings that name another', ['keygen', 'ops'], 'guard { keys_dir = isuers }'],
    ['for a name that cannot be', ['keygen', '../ops'], ''],
    ['where the private half has no place', ['keygen', 'ops', '--out', 'no'], ''],
  ])('makes no directory %s', async (_, args, conf) => {
    const cwd = makeWorkspace({ 'nanomq.conf': conf });
    expect((await runProgram(args, { cwd })).code).toBe(2);
    expect(readdirSync(cwd)).toEqual(['nanomq.conf']);
  });

  it('takes the keys directory from the settings, and --keys-dir before it', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf': 'guard { keys_dir = issuers }',
      'issuers/x': '',
      'other/x': '',
    });
    expect((await runProgram(['keygen', 'ops'], { cwd })).code).toBe(0);
    expect((await runProgram(['keygen', 'dev', '--keys-dir', 'other'], { cwd })).code).toBe(0);
    expect(existsSync(join(cwd, 'issuers/ops.pub'))).toBe(true);
    expect(existsSync(join(cwd, 'other/dev.pub'))).toBe(true);
  });
});
