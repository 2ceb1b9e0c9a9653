// The command line's conventions, of the built program as a process.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.ts';
import { ROOT } from '../support/root.ts';
import { makeWorkspace } from '../support/workspace.ts';

const COMMANDS = [
  'serve',
  'init',
  'check',
  'doctor',
  'keygen',
  'certificate',
  'token',
  'inspect',
  'keys',
  'completion',
];

describe('the command line', () => {
  it.each(COMMANDS)('%s --help says what the command does, on standard output, and exits 0', async (name) => {
    const { code, stdout, stderr } = await runProgram([name, '--help'], { cwd: makeWorkspace() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: broker-guard ${name} `));
    expect(stdout).toMatch(/-h, --help/);
  });

  it('--help lists every command and the exit codes', async () => {
    const { code, stdout } = await runProgram(['--help'], { cwd: makeWorkspace() });
    expect(code).toBe(0);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout).toContain('Exit codes: 0 done; 1 refused or failed; 2 wrong use or bad settings.');
  });

  it('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { code, stdout } = await runProgram(['--version'], { cwd: makeWorkspace() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    ['no command', [], 'Usage: broker-guard'],
    ['an unknown command', ['srve'], '(Did you mean serve?)'],
    ['an unknown flag', ['serve', '--listn', 'x'], '(Did you mean --listen?)'],
    ['a missing argument', ['keygen'], "missing required argument 'name'"],
    ['one argument too many', ['token', 'a.key', 'b.key'], 'too many arguments'],
    ['a flag without its value', ['check', '--config'], 'argument missing'],
    [
      'a value that is no choice',
      ['keygen', 'ops', '--bits', '1024'],
      'Allowed choices are 2048, 3072, 4096.',
    ],
  ])('exits 2 for %s and says what is wrong', async (_, args, text) => {
    const { code, stdout, stderr } = await runProgram(args, { cwd: makeWorkspace() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
  });

  it.each([
    ['a token as a command', ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcHMucHViIn0.c2VjcmV0'], 'c2VjcmV0'],
    ['a token as a file', ['inspect', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcHMucHViIn0.c2VjcmV0'], 'c2VjcmV0'],
    [
      'a private key',
      ['token', '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'],
      'c2VjcmV0',
    ],
    ['a private key behind --', ['token', '--', '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n'], 'c2VjcmV0'],
  ])('does not repeat a secret given as an argument by mistake: %s', async (_, args, secret) => {
    const { code, stdout, stderr } = await runProgram(args, { cwd: makeWorkspace() });
    expect(code).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toMatch(/standard input|\[a token\]/);
  });

  it('a reader that goes away does not crash it', async () => {
    const { startProcess, MAIN } = await import('../support/program.ts');
    const { stderr } = await startProcess('sh', ['-c', `"${process.execPath}" "${MAIN}" --help | true`], {
      cwd: makeWorkspace(),
    }).ended;
    expect(stderr).toBe('');
  });
});
