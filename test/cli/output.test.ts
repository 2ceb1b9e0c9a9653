// Output that cannot be written is a failure; a reader that has seen enough is not.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeIssuer } from '../support/issuers.ts';
import { MAIN, startProcess } from '../support/program.ts';
import { makeWorkspace } from '../support/workspace.ts';

const PEM = makeIssuer().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function run(command: string, cwd = makeWorkspace({ 'ops.key': PEM, 'keys/x': '' })) {
  return startProcess('sh', ['-c', command.replace('GUARD', `"${process.execPath}" "${MAIN}"`)], { cwd })
    .ended;
}

describe.runIf(existsSync('/dev/full'))('a full disk', () => {
  it.each(['token ops.key', 'keys', 'keys --json', '--help', 'token --help', '--version', 'check'])(
    'makes %s fail with one sentence',
    async (args) => {
      const { code, stderr } = await run(`GUARD ${args} > /dev/full`);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^standard output could not be written \(ENOSPC\): what is there is not whole$/m,
      );
    },
  );

  it('that takes only a part of the output makes it fail too', async () => {
    const cwd = makeWorkspace({ 'keys/x': '', 'disk/x': '' });
    const disk = join(cwd, 'disk');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return console.warn('SKIPPED: no right to mount a small disk');
    }
    onTestFinished(() => void execFileSync('umount', [disk]));
    const { code, stderr } = await run(
      'for i in $(seq 300); do echo x > keys/some-name-that-is-long-enough-to-fill-a-page-$i; done; GUARD keys --json > disk/out',
      cwd,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('(ENOSPC)');
    expect(readFileSync(join(disk, 'out')).length).toBe(4096);
  });
});

describe('a reader that goes away', () => {
  it.each(['--help', 'keys --json'])('leaves %s quiet', async (args) => {
    const { stderr } = await run(`{ GUARD ${args}; echo "exit $?" >&2; } | true`);
    expect(stderr).toMatch(/^exit [01]\n$/);
    expect(stderr).toBe('exit 0\n');
  });
});

it('output of every length comes out whole', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, at) => [`keys/${'x'.repeat(90)}-${at}`, '']),
  );
  const { code, stdout } = await run('GUARD keys --json | cat', makeWorkspace(files));
  expect(code).toBe(0);
  expect(JSON.parse(stdout).ignored).toHaveLength(3000);
});
