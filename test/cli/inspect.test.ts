// `broker-guard inspect`: a refused token explains itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { makeIssuer, mintToken, nowSeconds, signParts } from '../support/issuers.ts';
import { MAIN, runProgram, startProcess } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const STRANGER = makeIssuer();
const CHECKS = [
  'three base64url parts of strict JSON',
  'header',
  'iss',
  'signature',
  'exp',
  'iat',
  'nbf',
  'bodyEncode',
  'sub',
  'jti',
  'aud',
  'lifetime',
  'scope',
  'roles',
  'audience and max_lifetime of the issuer',
  'not expired',
  'not issued in the future',
  'valid already',
  'not revoked',
];

interface Verdict {
  readonly check: string;
  readonly verdict: string;
  readonly detail?: string;
}

async function inspect(token: string, guard = '') {
  const cwd = makeWorkspace({
    'nanomq.conf': `guard { keys_dir = keys\n ${guard} }`,
    'keys/ops.pub': OPS.publicPem,
    'keys/broken.pub': 'not a key',
  });
  const { code, stdout, stderr } = await runCommand(
    ['inspect', '--json', '-c', join(cwd, 'nanomq.conf')],
    token,
  );
  expect(stderr).toBe('');
  const inspection = JSON.parse(stdout);
  const checks: Verdict[] = inspection.checks;
  return {
    code,
    inspection,
    names: checks.map(({ check }) => check),
    failed: checks.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check),
    notRun: checks.filter(({ verdict }) => verdict === 'not_run').map(({ check }) => check),
    detailOf: (name: string) => checks.find(({ check }) => check === name)?.detail,
  };
}

describe('inspect', () => {
  it('shows the parts of an accepted token and every check, and exits 0', async () => {
    const token = mintToken(OPS, { sub: 'night shift' });
    const { code, inspection, names, failed, notRun, detailOf } = await inspect(token);
    expect(code).toBe(0);
    expect(inspection).toMatchObject({
      accepted: true,
      header: { alg: 'RS256', typ: 'JWT' },
      payload: { iss: 'ops.pub', sub: 'night shift', bodyEncode: 0 },
    });
    expect({ names, failed, notRun }).toEqual({ names: CHECKS, failed: [], notRun: [] });
    expect(detailOf('signature')).toMatch(/^key [\w-]{43}$/);
  });

  const now = nowSeconds();
  it.each([
    ['no token at all', 'hello', 'token_malformed', [CHECKS[0]]],
    [
      'a repeated member',
      signParts(OPS, '{"alg":"RS256"}', '{"iss":"ops.pub","iss":"ops.pub"}'),
      'token_malformed',
      [CHECKS[0]],
    ],
    ['another algorithm', mintToken(OPS, {}, { alg: 'HS256' }), 'alg_not_allowed', ['header']],
    ['another typ', mintToken(OPS, {}, { typ: 'JOSE' }), 'header_invalid', ['header']],
    ['an extension', mintToken(OPS, {}, { crit: ['x'] }), 'crit_not_understood', ['header']],
    ['no issuer', mintToken(OPS, { iss: undefined }), 'issuer_missing', ['iss']],
    ['an issuer that is no name', mintToken(OPS, { iss: '../ops.pub' }), 'issuer_unknown', ['iss']],
    ['an issuer without a key', mintToken(OPS, { iss: 'nobody.pub' }), 'issuer_unknown', ['signature']],
    ['an unusable key file', mintToken(OPS, { iss: 'broken.pub' }), 'key_unusable', ['signature']],
    ['a signature of somebody else', mintToken(STRANGER), 'signature_invalid', ['signature']],
    ['no exp', mintToken(OPS, { exp: undefined }), 'claim_missing', ['exp']],
    ['milliseconds', mintToken(OPS, { iat: now * 1000 }), 'claim_invalid', ['iat']],
    ['no bodyEncode', mintToken(OPS, { bodyEncode: undefined }), 'claim_missing', ['bodyEncode']],
    ['a sub that is no string', mintToken(OPS, { sub: 7 }), 'claim_invalid', ['sub']],
    [
      'a time that is over',
      mintToken(OPS, { iat: now - 7200, exp: now - 3600 }),
      'token_expired',
      ['not expired'],
    ],
    ['a clock ahead', mintToken(OPS, { iat: now + 600 }), 'issued_in_future', ['not issued in the future']],
    ['a time to come', mintToken(OPS, { nbf: now + 600 }), 'token_not_yet_valid', ['valid already']],
  ])('explains %s, lists every check all the same, and exits 1', async (_, token, reason, expected) => {
    const { code, inspection, names, failed } = await inspect(token);
    expect({ code, reason: inspection.reason, failed }).toEqual({ code: 1, reason, failed: expected });
    expect(inspection.accepted).toBe(false);
    expect(inspection.message).toMatch(/\.$/);
    expect(names).toEqual(CHECKS);
  });

  it.each([
    ['audience', 'token.audience = here', mintToken(OPS, { aud: 'elsewhere' }), 'audience_mismatch', 'aud'],
    ['lifetime', 'token.max_lifetime = 1m', mintToken(OPS), 'lifetime_too_long', 'lifetime'],
    [
      'audience of the issuer',
      'policy.issuers { ops.pub.audience = [here] }',
      mintToken(OPS, { aud: 'elsewhere' }),
      'audience_mismatch',
      'audience and max_lifetime of the issuer',
    ],
    ['size', 'token.max_bytes = 512', mintToken(OPS, { sub: 'x'.repeat(500) }), 'token_too_long', CHECKS[0]],
  ])('judges by the settings: %s', async (_, guard, token, reason, check) => {
    const { code, inspection, failed } = await inspect(token, guard);
    expect({ code, reason: inspection.reason, failed }).toEqual({ code: 1, reason, failed: [check] });
  });

  it('goes on after the first failure: a wrong signature hides neither a bad claim nor an old one', async () => {
    const token = mintToken(STRANGER, { iat: now - 7200, exp: now - 3600, sub: 7 });
    const { inspection, failed } = await inspect(token);
    expect(inspection.reason).toBe('signature_invalid');
    expect(failed).toEqual(['signature', 'sub', 'not expired']);
  });

  it('says why a check could not be run', async () => {
    const { notRun, detailOf } = await inspect(mintToken(OPS, { exp: 'soon' }, { alg: 'none' }));
    expect(notRun).toEqual([
      'signature',
      'audience and max_lifetime of the issuer',
      'not expired',
      'not issued in the future',
      'valid already',
      'not revoked',
    ]);
    expect(detailOf('signature')).toBe('it needs a good header and iss');
    expect(detailOf('not expired')).toBe('it needs good exp, iat and nbf');
  });

  it('tells the operator the true reason, which the caller never reads', async () => {
    expect((await inspect(mintToken(OPS, { iss: 'nobody.pub' }))).detailOf('signature')).toBe(
      'No key file has this name.',
    );
    expect((await inspect(mintToken(STRANGER))).detailOf('signature')).toBe(
      'No key filed under this issuer made this signature.',
    );
  });

  it('prints text for people, from a file too, with or without Bearer before the token', async () => {
    const cwd = makeWorkspace({
      'keys/ops.pub': OPS.publicPem,
      t: `Authorization: Bearer ${mintToken(OPS)}\n`,
    });
    const { code, stdout } = await runProgram(['inspect', 't'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^header {3}\{"alg":"RS256","typ":"JWT"\}\npayload {2}\{"iss":"ops\.pub"/);
    expect(stdout).toMatch(/\nok {4}signature: key [\w-]{43}\n/);
    expect(stdout).toMatch(/\n\naccepted\n$/);
    const refused = await runProgram(['inspect'], { cwd, input: mintToken(STRANGER) });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/\nFAIL {2}signature: No key filed/);
    expect(refused.stdout).toMatch(
      /\n\nrefused: signature_invalid\. No key filed under this issuer made this signature\.\n$/,
    );
  });

  it.skipIf(!existsSync('/bin/bash'))('reads the pipe of a process substitution', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem, t: mintToken(OPS) });
    const line = `"${process.execPath}" "${MAIN}" inspect <(sleep 0.1; cat t)`;
    const { code, stdout } = await startProcess('/bin/bash', ['-c', line], { cwd }).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n\naccepted\n$/);
  });

  it('exits 2 for an empty input and for a file that is not there', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const empty = await runProgram(['inspect'], { cwd, input: '\n' });
    expect(empty).toMatchObject({ code: 2, stdout: '' });
    expect(empty.stderr).toMatch(/^there is no token to inspect: /);
    const missing = await runProgram(['inspect', 'no-such-file'], { cwd });
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(
      /^no-such-file cannot be read as a file \(ENOENT\); a token itself goes to standard input/,
    );
  });
});
