// Attack: names of files, claims and settings that hold line ends, terminal controls or signs that turn a line's direction,
// so that whoever reads the guard's output sees lines that it never wrote.
// Rule: such a character is printed as its `\u` escape, on the terminal and in audit records; a name is JSON text.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/observe/audit/log.ts';
import { toAuditRecord } from '../../src/observe/audit/record.ts';
import { observeBroken } from '../../src/observe/observation.ts';
import { runCommand } from '../support/command.ts';
import { mintToken } from '../support/issuers.ts';
import { OPS } from '../support/pair.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** DEL, the C1 control that begins a sequence, two line ends that are none in JSON, and both kinds of direction signs. */
const HOSTILE = '\u007f\u009b2J\u2028\u2029\u202e\u2066\u061c';
const ESCAPED = String.raw`\u007f\u009b2J\u2028\u2029\u202e\u2066\u061c`;
/** Everything that was found to work on some terminal or reader, the line end apart. */
const RAW = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const flagsFor = (directory: string) => ['--keys-dir', directory, '--upstream', 'http://127.0.0.1:8081'];

describe('names of files', () => {
  const FORGED = 'two\nusable    fake.pub  RSA 4096  AAAA.pub';
  const list = (...more: string[]) =>
    runCommand([
      'keys',
      ...more,
      ...flagsFor(makeWorkspace({ [FORGED]: 'x', [`evil\u001b[2J${HOSTILE}.pub`]: 'x' })),
    ]);

  it('stand in one line of `keys` each, as JSON text', async () => {
    const { stdout } = await list();
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toContain(String.raw`ignored   "two\nusable    fake.pub  RSA 4096  AAAA.pub"`);
    expect(stdout).toContain(String.raw`ignored   "evil\u001b[2J${ESCAPED}.pub"`);
    expect(stdout).not.toMatch(RAW);
  });

  it('are the same names in `keys --json`', async () => {
    const { stdout } = await list('--json');
    expect(stdout).not.toMatch(RAW);
    expect(JSON.parse(stdout).ignored).toContain(`evil\u001b[2J${HOSTILE}.pub`);
  });
});

describe('claims', () => {
  it('are escaped by `inspect`, and mean the same', async () => {
    const token = mintToken(OPS, { sub: HOSTILE, iss: `ops${HOSTILE}` }, { kid: HOSTILE });
    const flags = flagsFor(makeWorkspace({ 'ops.pub': OPS.publicPem }));
    const { stdout } = await runCommand(['inspect', ...flags], token);
    expect(stdout).toContain(`"sub":"${ESCAPED}"`);
    expect(stdout).not.toMatch(RAW);
    const { stdout: json } = await runCommand(['inspect', '--json', ...flags], token);
    expect(json).not.toMatch(RAW);
    expect(JSON.parse(json)).toMatchObject({ header: { kid: HOSTILE }, payload: { sub: HOSTILE } });
  });

  it('are escaped in audit records, and mean the same', async () => {
    const file = join(makeWorkspace(), 'audit.jsonl');
    const fd = openSync(file, 'w');
    const audit = openAuditLog({ fd: fd, report: () => undefined });
    const denial = {
      allowed: false,
      reason: 'issuer_unknown',
      detail: undefined,
      principal: undefined,
      claimedIssuer: HOSTILE,
      allowedMethods: undefined,
      scope: undefined,
      grant: undefined,
    } as const;
    const seen = observeBroken({
      id: '1',
      startedAtMs: 0,
      client: '::1',
      method: 'GET',
      denial,
      bytesOut: undefined,
    });
    audit.write(toAuditRecord(seen));
    await audit.close();
    closeSync(fd);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(`"claimed_issuer":"${ESCAPED}"`);
    expect(text).not.toMatch(RAW);
    expect(JSON.parse(text).claimed_issuer).toBe(HOSTILE);
  });
});

it('names of settings stand in one line of the problems', async () => {
  const directory = makeWorkspace({
    'nanomq.conf': `guard { "odd\\nline\\u001b[2J${HOSTILE.replace(/[\u2028\u2029]/g, '')}" = 1 }`,
  });
  const { stderr, code } = await runCommand(['check', '--config', join(directory, 'nanomq.conf')]);
  expect(code).toBe(2);
  const [line] = stderr.split('\n').filter((text) => text.includes('is unknown'));
  expect(line).toContain(String.raw`guard."odd\nline\u001b[2J\u007f`);
  expect(stderr).not.toMatch(RAW);
});
