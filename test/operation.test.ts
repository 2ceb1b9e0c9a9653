// docs/operation.md, docs/metrics.md and docs/revocation.md keep their word: what they print works, on a guard that runs.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openUpstream, readRecords, startCrew, writeConf } from './process/workers/harness.ts';
import { until } from './support/guard.ts';
import { makeIssuer, mintToken } from './support/issuers.ts';
import { readCommands } from './support/page.ts';
import { announcedPorts, MAIN, startProcess } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';
import { makeWorkspace } from './support/workspace.ts';

const PAGE = readFileSync(join(ROOT, 'docs/operation.md'), 'utf8');
const PRINTED = /```\n(\/var\/log\/broker-guard\/audit\.log \{\n[\s\S]*?\n\})\n```/.exec(PAGE)?.[1] ?? '';

it.skipIf(lacks('logrotate'))(
  'rotates the audit file with the lines that docs/operation.md prints',
  async () => {
    const crew = await startCrew({ guard: 'audit.file = "log/audit.log"', files: { 'log/.keep': '' } });
    const [log, conf] = [join(crew.cwd, 'log'), join(crew.cwd, 'rotate.conf')];
    crew.write('pid', String(crew.pid));
    const owner = execFileSync('sh', ['-c', 'echo "$(id -un) $(id -gn)"'], { encoding: 'utf8' }).trim();
    // What depends on the machine, and nothing else.
    const lines = PRINTED.replace('/var/log/broker-guard', log)
      .replace('/run/broker-guard.pid', join(crew.cwd, 'pid'))
      .replace('broker-guard broker-guard', owner);
    expect(lines).toContain(`create 0600 ${owner}`);
    writeFileSync(conf, `${lines}\n`, { mode: 0o600 });
    const read = (name: string) => readFileSync(join(log, name), 'utf8');
    for (const name of ['one', 'two', 'three']) {
      await crew.ask(`/api/v4/clients/${name}`);
      await until(() => read('audit.log').includes(`/${name}"`), `the record of ${name}`);
      const from = crew.program.stderr().length;
      execFileSync('logrotate', ['-f', '-s', join(crew.cwd, 'state'), conf]);
      await crew.told(/opened again/, from);
    }
    await crew.program.stop();
    expect(
      readdirSync(log)
        .filter((name) => name.startsWith('audit.log'))
        .sort(),
    ).toEqual(['audit.log', 'audit.log.1', 'audit.log.2.gz', 'audit.log.3.gz']);
    const paths = ['audit.log.3.gz', 'audit.log.2.gz', 'audit.log.1'].flatMap((name) => {
      const text = name.endsWith('.gz')
        ? execFileSync('gzip', ['-dc', join(log, name)], { encoding: 'utf8' })
        : read(name);
      return readRecords(text).flatMap(({ path }) => path ?? []);
    });
    expect(paths).toEqual(['one', 'two', 'three'].map((name) => `/api/v4/clients/${name}`));
  },
  60_000,
);

/** The only block of a chapter; without a title the one before the first chapter. */
function blockOf(page: string, chapter = ''): string {
  const [block, second] = readCommands(page).get(chapter) ?? [];
  if (block === undefined || second !== undefined)
    throw new Error(`${page} has not one block in "${chapter}"`);
  return block;
}

const printed = (chapter: string): string => blockOf('docs/operation.md', chapter);

/** A clone with its build, and settings; the pages call the folder of the settings by its usual name. */
async function openClone() {
  const upstream = await openUpstream();
  const cwd = makeWorkspace({ 'nanomq.conf': writeConf(upstream.url), 'keys/README': '' });
  symlinkSync(join(ROOT, 'dist'), join(cwd, 'dist'));
  const own = new Map([['/etc/broker-guard', cwd]]);
  const start = (block: string, env: Readonly<Record<string, string>> = {}) => {
    const script = [...own].reduce((text, [printed, mine]) => text.replaceAll(printed, mine), block);
    return startProcess('sh', ['-euc', script], { cwd, env });
  };
  return { cwd, own, upstream, start, run: (...block: Parameters<typeof start>) => start(...block).ended };
}

describe.skipIf(lacks('curl', 'openssl'))('docs/operation.md and docs/metrics.md', () => {
  it('print commands that go from a pair of openssl to a guard that is asked, and to the next version', async () => {
    const { own, upstream, start, run } = await openClone();
    expect(await run(printed('Keys'))).toMatchObject({ code: 0 });
    const inspected = await run(printed('Tokens'));
    expect({ code: inspected.code, end: inspected.stdout.slice(-9) }).toEqual({ code: 0, end: 'accepted\n' });
    const guard = start(`exec ${printed('Start')}`);
    onTestFinished(async () => void (await guard.stop('SIGKILL')));
    const { front, service } = await announcedPorts(guard);
    own.set('127.0.0.1:8090', `127.0.0.1:${front}`).set('127.0.0.1:8091', `127.0.0.1:${service}`);

    const TOKEN = (await run('node dist/main.js token ops.key')).stdout.trim();
    expect(JSON.parse((await run(printed('Names in paths'), { TOKEN })).stdout)).toMatchObject({ code: 0 });
    expect(upstream.requests.map(({ requestLine }) => requestLine)).toContainEqual(
      expect.stringMatching(/^GET \/api\/v4\/clients\?clientid=plant%2Fwest HTTP/i),
    );
    const health = await run(printed('Health and public keys'));
    expect(JSON.parse(health.stdout)).toMatchObject({ ready: true });
    const metrics = await run(blockOf('docs/metrics.md'));
    expect(metrics.stdout).toMatch(/^broker_guard_issuer_keys\{state="usable"\} 1$/m);
    // What npm does, the tests of the README have.
    const upgraded = await run(printed('Upgrades').replace('npm ci\n', ''));
    expect(upgraded.stdout).toContain('The settings are good');
  });

  it('print how to make a certificate, and settings for RabbitMQ, that check is content with', async () => {
    const { cwd, run } = await openClone();
    expect(await run(printed('Beyond this machine'))).toMatchObject({ code: 0 });
    const [, rabbitmq = ''] = /```hocon\n([\s\S]*?)```/.exec(PAGE) ?? [];
    const tls = 'guard.tls { certificate = "guard.crt", key = "guard.key" }\n';
    writeFileSync(join(cwd, 'keys/ops.pub'), makeIssuer().publicPem);
    writeFileSync(join(cwd, 'nanomq.conf'), `${rabbitmq}${tls}`);
    const checked = await run('node dist/main.js check', { RABBITMQ_PASSWORD: 'secret' });
    expect(checked).toMatchObject({ code: 0, stderr: expect.not.stringContaining('warning') });
    expect(checked.stdout).toContain(
      'listens on https://127.0.0.1:8090, service on http://127.0.0.1:8091, forwards to http://127.0.0.1:15672',
    );
  });
});

describe('docs/revocation.md', () => {
  it('prints commands that each write one line, and the one that lists them', async () => {
    const { cwd, run } = await openClone();
    const ops = makeIssuer();
    writeFileSync(join(cwd, 'keys/ops.pub'), ops.publicPem);
    writeFileSync(join(cwd, 'stolen.jwt'), mintToken(ops));
    const commands = blockOf('docs/revocation.md');
    const { code, stdout } = await run(commands.replaceAll('broker-guard', `node ${MAIN}`));
    expect({ code, listed: stdout.split('\n').slice(-6, -1) }).toEqual({
      code: 0,
      listed: [
        expect.stringMatching(/^the token with the SHA-256 .*\(laptop lost\)$/),
        expect.stringMatching(/^the token with the jti 7f3a of ops\.pub/),
        expect.stringMatching(/^tokens of the subject grafana of ops\.pub, until /),
        expect.stringMatching(/^tokens issued before \S+ of ops\.pub/),
        expect.stringMatching(/^tokens signed by the key TcJ1fZ\S+, for good$/),
      ],
    });
  });
});
