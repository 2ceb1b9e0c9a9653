// The README keeps its word: its tables are the program's, its commands run as they are printed.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REASONS } from '../src/decision.ts';
import { until } from './support/guard.ts';

const ROOT = resolve(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => (block as string).trim());

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
const isInstalled = (tool: string): boolean => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const runnable = isInstalled('git') && isInstalled('curl') && (await isFree(8090)) && (await isFree(8091));
if (!runnable) console.warn('SKIPPED: the README commands need git, curl and the ports 8090 and 8091');

describe('the README', () => {
  it('has the reason table of the program, row by row', () => {
    const rows = Object.entries(REASONS).map(([reason, row]) => {
      const shown = row.shownAs ? `\`${row.shownAs}\` (audit: \`${reason}\`)` : `\`${reason}\``;
      return `| ${shown} | ${row.status} | ${row.error ?? ''} | ${row.code} | ${row.message} |`;
    });
    const printed = README.slice(README.indexOf('<!-- reasons'), README.indexOf('<!-- /reasons')).split('\n');
    expect(printed.slice(3, -1)).toEqual(rows);
  });

  it('says how to run and test it in one line each', () => {
    expect(BLOCKS).toContain('npm ci && npm start');
    expect(BLOCKS).toContain('npm ci && npm test');
  });

  it.runIf(runnable)(
    'goes from a fresh copy to the first guarded call with its own two commands',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'broker-guard-readme-'));
      const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      for (const file of files.trim().split('\n')) cpSync(join(ROOT, file), join(folder, file));
      const [start, call] = BLOCKS as [string, string];
      // A process group of its own, so that the test ends npm, the shell and the guard alike.
      const guard = spawn('sh', ['-c', start], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      guard.stderr.on('data', (chunk) => {
        said += chunk;
      });
      try {
        await until(() => said.includes(call) || guard.exitCode !== null, 'the guard is up', 240_000);
        expect(said).toContain(call);
        const answer = execFileSync('sh', ['-c', call], {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        expect(JSON.parse(answer)).toMatchObject({ code: 0, data: [{ node_status: 'Running' }] });
      } finally {
        process.kill(-(guard.pid as number), 'SIGTERM');
        await new Promise((done) => guard.once('close', done));
        rmSync(folder, { recursive: true, force: true });
      }
    },
    300_000,
  );
});
