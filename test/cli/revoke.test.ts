// `broker-guard revoke`: what each way to name tokens writes, when it ends, and one sentence for each mistake.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identifyToken } from '../../src/token/identity.ts';
import { runCommand } from '../support/command.ts';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const THUMBPRINT = 'TcJ1fZNroAc9X4fXvZT03L9sageZ-mmq06QlxQkZc5s';

function prepare(guard = '', files: Readonly<Record<string, string>> = {}) {
  const cwd = makeWorkspace({
    'nanomq.conf': `guard { upstream.url = "http://127.0.0.1:1"\n ${guard} }`,
    'keys/ops.pub': OPS.publicPem,
    ...files,
  });
  const file = join(cwd, 'revocations.jsonl');
  const run = (...args: string[]) => runCommand(['revoke', '-c', join(cwd, 'nanomq.conf'), ...args]);
  const lines = () =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { cwd, file, run, lines };
}

describe('revoke', () => {
  it('writes a line that others cannot read, and says what it means', async () => {
    const { file, run, lines } = prepare();
    const { code, stdout, stderr } = await run('--issuer', 'ops.pub', '--jti', '7', '--reason', 'lost');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      `revoked: the token with the jti 7 of ops.pub, for good\nwritten to ${file}; a guard that runs follows it within a second\n`,
    );
    expect(lines()).toEqual([{ issuer: 'ops.pub', jti: '7', at: expect.any(Number), reason: 'lost' }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each<[string[], object]>([
    [['--issuer', 'ops.pub', '--subject', 'grafana'], { issuer: 'ops.pub', subject: 'grafana' }],
    [['--issuer', 'ops.pub', '--key', THUMBPRINT], { issuer: 'ops.pub', key: THUMBPRINT }],
    [['--key', THUMBPRINT], { key: THUMBPRINT }],
    [['--issuer', 'ops.pub', '--before', '1760000000'], { issuer: 'ops.pub', before: 1_760_000_000 }],
    [['--issuer', 'ops.pub', '--before', '2026-01-31'], { before: Date.UTC(2026, 0, 31) / 1000 }],
    [
      ['--issuer', 'ops.pub', '--before', '2026-01-31T18:00:00+01:00'],
      { before: Date.UTC(2026, 0, 31, 17) / 1000 },
    ],
    [['--key', THUMBPRINT, '--until', '2099-01-31'], { until: Date.UTC(2099, 1, 1) / 1000 }],
    [['--key', THUMBPRINT, '--until', '4000000000'], { until: 4_000_000_000 }],
  ])('%j is written as %j', async (flags, entry) => {
    const { run, lines } = prepare();
    expect((await run(...flags)).code).toBe(0);
    expect(lines()).toEqual([expect.objectContaining(entry)]);
  });

  it('now covers the tokens of this very second', async () => {
    const { run, lines } = prepare();
    const startSeconds = nowSeconds();
    await run('--issuer', 'ops.pub', '--before', 'now');
    expect(lines()[0].before).toBeGreaterThanOrEqual(startSeconds);
  });

  it('now answers once a token that is signed anew is none of those', async () => {
    const { run, lines } = prepare();
    await run('--issuer', 'ops.pub', '--before', 'now');
    expect(Date.now() / 1000).toBeGreaterThan(lines()[0].before - 0.01);
  });

  it('of a token writes its digest alone, until it ends', async () => {
    const exp = nowSeconds() + 600;
    const token = mintToken(OPS, { exp });
    const { cwd, file, run, lines } = prepare('token.exp_tolerance = 30s', {
      'stolen.jwt': `Bearer ${token}\n`,
    });
    expect((await run('--token-file', join(cwd, 'stolen.jwt'))).code).toBe(0);
    expect(lines()).toEqual([
      { token_sha256: identifyToken(token), until: exp + 30, at: expect.any(Number) },
    ]);
    for (const part of token.split('.')) expect(readFileSync(file, 'utf8')).not.toContain(part);
  });

  it('ends with the longest lifetime that the settings allow, and with a shorter one of the issuer', async () => {
    const atMost = (seconds: number) =>
      expect.toSatisfy((end: number) => Math.abs(end - nowSeconds() - seconds) < 5);
    const { cwd, run, lines } = prepare(
      'token { max_lifetime = 1h, exp_tolerance = 10s, iat_tolerance = 20s }',
    );
    await run('--issuer', 'ops.pub', '--jti', '7');
    await run('--issuer', 'ops.pub', '--before', '10m');
    await run('--key', THUMBPRINT);
    writeFileSync(join(cwd, 'keys/ops.policy.conf'), 'max_lifetime = 15m\n');
    await run('--issuer', 'ops.pub', '--subject', 'x');
    const ends = lines().map(({ until }) => until);
    expect(ends).toEqual([atMost(3630), atMost(3010), undefined, atMost(930)]);
  });

  it('has nothing to do where the token has ended, and says so', async () => {
    const { cwd, run } = prepare('', { 'old.jwt': mintToken(OPS, { iat: 1, exp: 2 }) });
    const { code, stdout } = await run('--token-file', join(cwd, 'old.jwt'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing to revoke: these tokens have ended\n' });
    const { code: other, stdout: json } = await run('--token-file', join(cwd, 'old.jwt'), '--json');
    expect([other, JSON.parse(json)]).toEqual([0, expect.objectContaining({ revocation: null })]);
  });

  it('lists what is in force, as lines and as data, and names lines that cannot be read', async () => {
    const { file, run } = prepare();
    expect((await run('--list')).stdout).toBe(`nothing is revoked in ${file}\n`);
    writeFileSync(file, '{"issuer":"ops.pub","jti":"old","until":1}\n{"issuer":"ops.pub","jti":"7","v":1}\n');
    const made = JSON.parse((await run('--issuer', 'ops.pub', '--jti', '7', '--json')).stdout);
    expect(made).toEqual({ file, revocation: { issuer: 'ops.pub', jti: '7', at: expect.any(Number) } });
    const { stdout, stderr } = await run('--list');
    expect(stdout).toBe('the token with the jti 7 of ops.pub, for good\n');
    expect(stderr).toBe(`warning: ${file}:2: the line has a member "v", which is unknown\n`);
    expect(JSON.parse((await run('--list', '--json')).stdout)).toEqual({
      file,
      revocations: [made.revocation],
    });
  });

  it('takes what has ended out of the file once that is half of it, and leaves what it cannot read', async () => {
    const { file, run, lines } = prepare();
    const ended = Array.from(
      { length: 999 },
      (_, at) => `{"issuer":"ops.pub","jti":"old-${at}","until":5}\n`,
    ).join('');
    writeFileSync(file, `${ended}{"issuer":"ops.pub","jti":"7","v":1}\n`);
    await run('--issuer', 'ops.pub', '--jti', '1');
    expect(lines()).toEqual([{ issuer: 'ops.pub', jti: '7', v: 1 }, expect.objectContaining({ jti: '1' })]);
  });
});

describe('revoke refuses', () => {
  const token = mintToken(OPS);
  it.each<[string, string[], RegExp]>([
    ['no tokens', ['--issuer', 'ops.pub'], /^say which tokens by one of --jti/],
    [
      'two ways at once',
      ['--issuer', 'ops.pub', '--jti', '7', '--subject', 'x'],
      /^say which tokens by one of/,
    ],
    ['no issuer', ['--jti', '7'], /^--issuer is needed: whose jti is it\?/],
    [
      'an issuer that does not exist',
      ['--issuer', 'obs.pub', '--jti', '7'],
      /^there is no issuer "obs.pub"; did you mean ops.pub\?/,
    ],
    [
      'milliseconds',
      ['--issuer', 'ops.pub', '--before', '1760000000000'],
      /^--before looks like milliseconds: write seconds/,
    ],
    [
      'an end in milliseconds',
      ['--key', THUMBPRINT, '--until', '1860000000000'],
      /^--until looks like milliseconds/,
    ],
    [
      'a time that is none',
      ['--issuer', 'ops.pub', '--before', 'monday'],
      /^--before must be a time such as/,
    ],
    ['a time ahead', ['--issuer', 'ops.pub', '--before', '2099-01-01'], /^--before must not lie ahead/],
    ['an end in the past', ['--key', THUMBPRINT, '--until', '2020-01-01'], /^--until must lie ahead/],
    ['a thumbprint that is none', ['--key', 'ops.pub'], /^--key must be a thumbprint/],
    ['a token as an argument', ['--issuer', 'ops.pub', '--jti', token], /^--jti holds a token or a key/],
    [
      'a token in the reason',
      ['--key', THUMBPRINT, '--reason', `was ${token}`],
      /^--reason holds a token or a key/,
    ],
    ['a token in the place of its file', ['--token-file', token], /cannot be read as a file/],
    ['an empty subject', ['--issuer', 'ops.pub', '--subject', ''], /^--subject must not be empty/],
    ['a long reason', ['--key', THUMBPRINT, '--reason', 'x'.repeat(501)], /^--reason has more than 500/],
  ])('%s: one sentence, exit code 2, no file, and no secret in what it says', async (_, flags, said) => {
    const { file, run } = prepare();
    const { code, stdout, stderr } = await run(...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).not.toContain(token.slice(-40));
    expect(() => statSync(file)).toThrow();
  });

  it('a file without a token, and a token of another issuer than was said', async () => {
    const { cwd, run } = prepare('', {
      none: 'hello',
      'dev.jwt': mintToken(OPS, { iss: 'dev.pub' }),
      'keys/dev.pub': OPS.publicPem,
    });
    expect((await run('--token-file', join(cwd, 'none'))).stderr).toMatch(
      /^there is no token in what --token-file names/,
    );
    const wrong = await run('--issuer', 'ops.pub', '--token-file', join(cwd, 'dev.jwt'));
    expect(wrong).toMatchObject({ code: 2, stderr: 'the token is of "dev.pub", and not of ops.pub\n' });
  });

  it('a file that cannot be written or read, and says that nothing is revoked', async () => {
    const { file, run } = prepare();
    mkdirSync(file);
    const { code, stderr } = await run('--key', THUMBPRINT);
    expect(code).toBe(2);
    expect(stderr).toMatch(/guard\.revocations\.file: .* cannot be used \(It is a directory/);
    expect((await run('--list')).stderr).toMatch(/cannot be read \(not a regular file\)/);
    const other = prepare('revocations.file = nowhere/list');
    expect((await other.run('--key', THUMBPRINT)).code).toBe(2);
  });
});

describe('any iss', () => {
  it('may be named where MQTT clients bring tokens of issuers of their own', async () => {
    const { run, lines } = prepare(
      'mqtt.authentication = [{ mechanism = jwt, use_jwks = false, algorithm = hmac-based, secret = "x" }]',
    );
    await run('--issuer', 'https://id.example', '--subject', 'device');
    expect(lines()).toEqual([expect.objectContaining({ issuer: 'https://id.example', subject: 'device' })]);
  });
});
