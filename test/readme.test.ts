// The README keeps its word: it is short, and its commands run as they are printed.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeClone } from './support/clone.ts';
import { type RunningProgram, startProcess } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks, MAY_SKIP } from './support/tools.ts';
import { startUpstream } from './support/upstream.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => (block as string).trim());
/** The block that begins so; by its place in the page another could be taken for it, and be run. */
const blockOf = (start: string): string => {
  const [block, second] = BLOCKS.filter((one) => one.startsWith(start));
  if (block === undefined || second !== undefined) throw new Error(`the README has not one block "${start}"`);
  return block;
};
const TRY = blockOf('npm ci && npm start');
const FIRST_CALL = blockOf('curl ');
const TEST = blockOf('npm ci && npm test');
const OWN_BROKER = blockOf('cp nanomq.conf.example');
const CALLS = blockOf('TOKEN=');
const INSPECT = blockOf('echo "$TOKEN"');

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
const areTaken = !((await isFree(8090)) && (await isFree(8091)));
const cannotRun = lacks('git', 'curl') || (MAY_SKIP && areTaken);
if (cannotRun) console.warn('SKIPPED: the commands of the README need git, curl and the ports 8090 and 8091');

/** A shell of its own group, so that the test ends npm, the shell and the guard alike. */
function startShell(script: string, cwd: string): RunningProgram {
  const shell = startProcess('sh', ['-euc', script], { cwd, ownGroup: true });
  onTestFinished(async () => {
    if (shell.child.exitCode === null) process.kill(-(shell.child.pid as number), 'SIGTERM');
    await shell.ended;
  });
  return shell;
}

describe('the README', () => {
  it('is short enough to be read before the first start', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(160);
  });

  it('says how to run and test it in one line each', () => {
    expect([TRY, TEST]).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  });

  it.skipIf(cannotRun)(
    'goes from a fresh copy to the first guarded call with its own two commands',
    async () => {
      const cwd = makeClone();
      const guard = startShell(TRY, cwd);
      await guard.told(/^ {2}curl .*\n/m, 240_000);
      expect(guard.stderr()).toContain(FIRST_CALL);
      const { code, stdout } = await startShell(FIRST_CALL, cwd).ended;
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ code: 0, data: [{ node_status: 'Running' }] });
    },
    300_000,
  );

  it.skipIf(cannotRun)("guards a broker of one's own with the commands it prints", async () => {
    const broker = await startUpstream();
    onTestFinished(() => broker.close());
    const cwd = makeClone();
    for (const built of ['node_modules', 'dist']) symlinkSync(join(ROOT, built), join(cwd, built));
    const [copy, ...rest] = OWN_BROKER.split('\n') as [string, ...string[]];
    expect((await startShell(copy, cwd).ended).code).toBe(0);
    // What the README asks of its reader between the two: to say where the broker is.
    const settings = readFileSync(join(cwd, 'nanomq.conf'), 'utf8');
    writeFileSync(join(cwd, 'nanomq.conf'), settings.replace('port = 8081', `port = ${broker.port}`));
    const guard = startShell(rest.join('\n'), cwd);
    await guard.told(/^pid \d+ listening on http:\/\/127\.0\.0\.1:8090/m);

    const caller = await startShell(`USER=operator\n${CALLS}\n${INSPECT}`, cwd).ended;
    expect(caller.code).toBe(0);
    expect(caller.stdout).toMatch(/\naccepted\n$/);
    const seen = broker.requests.filter(({ headers }) => headers.has('x-guard-issuer'));
    expect(seen.map(({ requestLine }) => requestLine)).toEqual([
      'GET /api/v4/clients HTTP/1.1',
      'POST /api/v4/mqtt/publish HTTP/1.1',
    ]);
    expect(JSON.parse(String(seen[1]?.body))).toMatchObject({ topic: 'a/b', payload: 'hello' });
  });
});
