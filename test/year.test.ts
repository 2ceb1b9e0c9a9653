// The page about a year keeps its word: its commands run one after the other as they are printed, but for the ports.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeClone } from './support/clone.ts';
import { isRunning, startProcess } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';
import { okAnswer, type RecordingUpstream, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait-for.ts';
import { makeWorkspace } from './support/workspace.ts';

const PAGE = readFileSync(join(ROOT, 'docs/year.md'), 'utf8');

/** The blocks of a chapter, in order. */
function blocksOf(chapter: string): string[] {
  const [, text = ''] = PAGE.split(`\n## ${chapter}\n`);
  const own = text.split('\n## ')[0] as string;
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => (block as string).trim());
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const CREDENTIAL = `Basic ${Buffer.from('plant:the-password').toString('base64')}`;

const startBroker = (): Promise<RecordingUpstream> =>
  startUpstream(({ headers }) =>
    headers.get('authorization') === CREDENTIAL
      ? okAnswer()
      : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  );

async function openYear() {
  const broker = await startBroker();
  const [front, service] = [await freePort(), await freePort()];
  const prefix = makeWorkspace();
  const cwd = makeWorkspace();
  const ports = { 8081: broker.port, 8090: front, 8091: service };
  const env = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, npm_config_prefix: prefix, HOME: prefix };
  const pid = () => Number(readFileSync(join(cwd, 'guard.pid'), 'utf8'));
  const log = () => (existsSync(join(cwd, 'guard.log')) ? readFileSync(join(cwd, 'guard.log'), 'utf8') : '');
  onTestFinished(async () => {
    await broker.close();
    if (existsSync(join(cwd, 'guard.pid')) && isRunning(pid())) process.kill(pid(), 'SIGKILL');
  });
  return {
    cwd,
    broker,
    pid,
    read: (file: string) => readFileSync(join(cwd, file), 'utf8'),
    /** Runs a block; what it says, with its exit code. */
    async run(block: string | undefined, folder = cwd) {
      if (block === undefined) throw new Error('the page has no such block');
      const script = Object.entries(ports).reduce(
        (text, [printed, port]) => text.replaceAll(`127.0.0.1:${printed}`, `127.0.0.1:${port}`),
        block,
      );
      return startProcess('sh', ['-euc', script], { cwd: folder, env }).ended;
    },
    /** What the page asks of its reader besides its commands, and other ports than the default ones. */
    writeCredentials() {
      const file = join(cwd, 'nanomq.conf');
      const text = readFileSync(file, 'utf8')
        .replace('username = "admin"', 'username = "plant"')
        .replace('password = "public"', 'password = "the-password"');
      writeFileSync(
        file,
        `${text}guard.listen = "127.0.0.1:${front}"\nguard.service.listen = "127.0.0.1:${service}"\n`,
      );
    },
    untilListening: (times: number) =>
      waitFor(
        () => log().split(' listening on ').length - 1,
        (count) => count === times,
        20_000,
      ),
  };
}

const done = { code: 0 };

describe.skipIf(lacks('git', 'curl'))('a year with a guard', () => {
  it('goes from the first installation to a broker that is down and up again', async () => {
    const year = await openYear();
    const clone = makeClone();
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    const [install] = blocksOf('Install');
    expect(await year.run(install, clone)).toMatchObject(done);

    const [init, look, serve, call] = blocksOf('The first key');
    expect(await year.run(init)).toMatchObject(done);
    year.writeCredentials();
    const looked = await year.run(look);
    expect(looked).toMatchObject(done);
    expect(looked.stdout).toContain('the broker has answered');
    expect(looked.stdout).not.toMatch(/^problem/m);
    expect(await year.run(serve)).toMatchObject(done);
    await year.untilListening(1);
    expect(JSON.parse((await year.run(call)).stdout)).toMatchObject({ code: 0 });

    const [renew] = blocksOf('A token that renews itself');
    expect(await year.run(renew)).toMatchObject({ ...done, stderr: '' });
    const first = year.read('grafana.token');
    expect(decodeJwt(first.trim())).toMatchObject({ iss: 'ops.pub', sub: 'grafana' });
    expect(await year.run(renew)).toMatchObject(done);
    expect(year.read('grafana.token')).toBe(first);

    const [add, goOver, inUse, takeOut] = blocksOf('A new key');
    expect(await year.run(add)).toMatchObject(done);
    expect(await year.run(goOver)).toMatchObject(done);
    const second = year.read('grafana.token');
    expect(second).not.toBe(first);
    const used = await year.run(inUse);
    expect(used.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^usable {4}ops\.pub {2}RSA 2048 {2}[\w-]{43} {2}\S+Z {2}3 calls$/),
      expect.stringMatching(/^usable {4}ops\.pub {2}RSA 2048 {2}[\w-]{43} {2}\S+Z {2}1 call$/),
    ]);
    expect(await year.run(takeOut)).toMatchObject(done);
    const ask = (token: string) =>
      year.run(
        `curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer ${token.trim()}" http://127.0.0.1:8090/api/v4/clients`,
      );
    const statusOf = async (token: string) => (await ask(token)).stdout;
    const deadline = performance.now() + 5000;
    while ((await statusOf(first)) !== '401' && performance.now() < deadline);
    expect([await statusOf(first), await statusOf(second)]).toEqual(['401', '200']);

    const [beside, swap] = blocksOf('A new version');
    execFileSync('sh', ['-c', `cp ${clone}/broker-guard-*.tgz ${year.cwd}`]);
    const checked = await year.run(beside);
    expect(checked).toMatchObject(done);
    expect(checked.stdout).toContain('The settings are good');
    const before = year.pid();
    expect(await year.run(swap)).toMatchObject(done);
    await year.untilListening(2);
    expect({ isGone: !isRunning(before), isAnother: year.pid() !== before }).toEqual({
      isGone: true,
      isAnother: true,
    });
    expect(await statusOf(second)).toBe('200');

    const [ready, check, readyAgain] = blocksOf('The broker is down');
    const { port } = year.broker;
    await year.broker.close();
    expect((await year.run(ready)).stdout).toMatch(/"upstream":"upstream_unreachable".*\n503\n$/);
    const down = await year.run(check);
    expect(down.code).toBe(1);
    expect(down.stderr).toMatch(/gives no usable answer \(upstream_unreachable/);
    expect(await statusOf(second)).toBe('502');
    const again = await startUpstreamAt(port);
    expect(again).toBe(port);
    expect(JSON.parse((await year.run(readyAgain)).stdout)).toMatchObject({ ready: true });
  }, 240_000);
});

/** The broker comes back where it was. */
async function startUpstreamAt(port: number): Promise<number> {
  const { createServer: createHttpServer } = await import('node:http');
  const server = createHttpServer((_, res) => res.end('{"code":0,"data":[]}'));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}
