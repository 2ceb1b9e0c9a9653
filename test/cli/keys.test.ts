// `broker-guard keys`, as a process.
import { describe, expect, it } from 'vitest';
import { makeIssuer } from '../support/issuers.ts';
import { runProgram } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const OLD = makeIssuer();
const FILES = {
  'nanomq.conf': 'http_server.jwt.public.keyfile = "extra.key.pub"',
  'extra.key.pub': OLD.publicPem,
  'keys/ops.pub': `${OPS.publicPem}${OLD.publicPem}`,
  'keys/bad.pub': 'not a key',
  'keys/ops.pub.bak': OPS.publicPem,
};

describe('keys', () => {
  it('lists usable keys with size and thumbprint, the unusable with the reason, and the ignored', async () => {
    const { code, stdout, stderr } = await runProgram(['keys'], { cwd: makeWorkspace(FILES) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^usable {4}ops\.pub {8}RSA 2048 {2}[\w-]{43}$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^usable {4}extra\.key\.pub {2}RSA 2048 {2}[\w-]{43}$/m);
    expect(stdout).toMatch(/^unusable {2}bad\.pub {2}.+$/m);
    expect(stdout).toMatch(/^ignored {3}"ops\.pub\.bak" {2}not a key file name$/m);
  });

  it('--json prints the same as data', async () => {
    const { stdout } = await runProgram(['keys', '--json'], { cwd: makeWorkspace(FILES) });
    const { issuers, ignored } = JSON.parse(stdout);
    expect(ignored).toEqual(['ops.pub.bak']);
    expect(issuers).toHaveLength(3);
    expect(issuers).toContainEqual({ issuer: 'bad.pub', usable: false, reason: expect.any(String) });
    const ops = issuers.find(({ issuer }: { issuer: string }) => issuer === 'ops.pub');
    expect(ops.keys).toEqual([
      { type: 'RSA', bits: 2048, thumbprint: expect.any(String) },
      { type: 'RSA', bits: 2048, thumbprint: expect.any(String) },
    ]);
    expect(stdout).not.toContain('BEGIN');
  });

  it('an empty directory is no error, and says how to make a key', async () => {
    const cwd = makeWorkspace({ 'keys/.keep': '' });
    const { code, stdout } = await runProgram(['keys', '--keys-dir', 'keys'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/no keys in \S+keys; broker-guard keygen NAME makes one/);
  });

  it('exits 2 where the directory is missing', async () => {
    const { code, stdout, stderr } = await runProgram(['keys'], { cwd: makeWorkspace() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^guard\.keys_dir: "\S+keys" does not exist; create it\.\n$/);
  });
});
