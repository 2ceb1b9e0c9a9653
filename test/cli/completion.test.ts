// `broker-guard completion`: what real shells offer with its scripts.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { lacks } from '../support/tools.ts';
import { makeWorkspace } from '../support/workspace.ts';

type Shell = 'bash' | 'zsh' | 'fish';

async function writeScript(shell: Shell): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const file = join(makeWorkspace({ 'ops.key': '' }), `_broker-guard`);
  writeFileSync(file, stdout);
  return file;
}

const quote = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** How each shell is asked what it would offer for the last of these words; a file is offered as `FILE`. */
const QUESTIONS: Readonly<Record<Shell, (file: string, words: readonly string[]) => readonly string[]>> = {
  bash: (file, words) => [
    '--norc',
    '-c',
    `source ${file}; COMP_WORDS=(${quote(words)}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _broker-guard
     if [ \${#COMPREPLY[@]} = 0 ] && complete -p broker-guard | grep -q -- '-o default'; then echo FILE; fi
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // The functions of its completion system say what they are given; which of it begins as the word does is theirs to say.
  zsh: (file, words) => [
    '-f',
    '-c',
    `compdef() { :; }; _files() { print FILE }
     compadd() { shift; print -l -- "$@" }
     _describe() { local -a all=("\${(@P)2}"); print -l -- "\${(@)all%%:*}" }
     source ${file}; words=(${quote(words)}); CURRENT=\${#words}; PREFIX=\${words[-1]}; _broker-guard`,
  ],
  fish: (file, words) => ['--no-config', '-c', `source ${file}; complete -C ${quote([words.join(' ')])}`],
};

async function offer(shell: Shell, words: readonly string[]): Promise<string[]> {
  const file = await writeScript(shell);
  const args = QUESTIONS[shell](file, words);
  const text = execFileSync(shell, args, {
    encoding: 'utf8',
    cwd: join(file, '..'),
    env: { PATH: process.env.PATH },
  });
  const last = words.at(-1) as string;
  const offered = text.split('\n').map((line) => line.split('\t')[0] as string);
  const isFile = (word: string) => word === 'FILE' || word === 'ops.key' || word === '_broker-guard';
  return [
    ...new Set(
      offered
        .filter((word) => word !== '')
        .map((word) => (isFile(word) ? 'FILE' : word))
        .filter((word) => word === 'FILE' || word.startsWith(last)),
    ),
  ];
}

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

describe.each(SHELLS)('%s', (shell) => {
  const itHere = it.skipIf(lacks(shell));

  itHere('completes commands and theirs', async () => {
    const commands = await offer(shell, ['broker-guard', '']);
    expect(commands).toEqual(
      expect.arrayContaining(['serve', 'check', 'keygen', 'token', 'policy', 'completion']),
    );
    expect(commands).not.toContain('table');
    expect(await offer(shell, ['broker-guard', 'key'])).toEqual(['keygen', 'keys']);
    expect((await offer(shell, ['broker-guard', 'policy', ''])).sort()).toEqual(['diff', 'table', 'why']);
  });

  itHere('completes the flags of the command at hand, and no others', async () => {
    expect(await offer(shell, ['broker-guard', 'keygen', 'ops', '--a'])).toEqual(['--add', '--algorithm']);
    const flags = await offer(shell, ['broker-guard', 'policy', 'why', '--']);
    expect(flags).toEqual(expect.arrayContaining(['--as', '--profile', '--json', '--help']));
    expect(flags).not.toContain('--algorithm');
  });

  itHere('completes the words that a flag or an argument takes', async () => {
    expect(await offer(shell, ['broker-guard', 'token', 'ops.key', '--algorithm', 'ES'])).toEqual([
      'ES256',
      'ES384',
      'ES512',
    ]);
    expect(await offer(shell, ['broker-guard', 'policy', 'why', 'GET', '/x', '--profile', 'nano'])).toEqual([
      'nanomq',
    ]);
    expect((await offer(shell, ['broker-guard', 'completion', ''])).sort()).toEqual(['bash', 'fish', 'zsh']);
  });

  itHere('offers files where a flag or an argument is one', async () => {
    expect(await offer(shell, ['broker-guard', 'token', ''])).toEqual(['FILE']);
    expect(await offer(shell, ['broker-guard', 'check', '--config', ''])).toEqual(['FILE']);
  });

  itHere('takes no value of a flag for a command', async () => {
    expect(await offer(shell, ['broker-guard', 'token', '--issuer', 'policy', '--al'])).toEqual([
      '--algorithm',
    ]);
  });
});

it('refuses a shell that it does not know', async () => {
  const { code, stderr } = await runCommand(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish.');
});
