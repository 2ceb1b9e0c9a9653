// What a guard says on standard error, and how: as processes start it, and on a terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCrew, writeConf } from '../process/workers/harness.ts';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { MAIN } from '../support/program.ts';
import { sendRaw } from '../support/raw.ts';
import { watchOutput } from '../support/secrets.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** What a guard with these settings has said once it listens. */
async function serve(guard: string) {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const files = { 'nanomq.conf': writeConf(upstream.url, guard), 'keys/ops.pub': makeIssuer().publicPem };
  return readUntil('listening on', makeWorkspace(files));
}

/** A guard whose streams are those of the test, and what it has said by then. */
async function readUntil(last: string, cwd: string, ...flags: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'serve', ...flags], { cwd });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  let said = '';
  watchOutput({ what: 'a guard', printed: () => said, isOver: () => child.exitCode !== null }, cwd);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(() => said.split(last)[1]?.includes('\n') === true, `the guard to say ${last}`);
  return said.trimEnd().split('\n');
}

describe('standard error', () => {
  it.each([1, 2])('has the time before each line where nobody watches, with %i workers', async (workers) => {
    const lines = await serve(`workers = ${workers}`);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => !new RegExp(`^${TIME} \\S`).test(line))).toEqual([]);
  });

  it('is a JSON object a line with guard.log.format = json', async () => {
    const lines = await serve('workers = 2, log.format = json, upstream.connections = 2');
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(parsed.every(({ time }) => new RegExp(`^${TIME}$`).test(time ?? ''))).toBe(true);
    expect(parsed.map(({ level }) => level)).toContain('info');
    expect(parsed.some(({ message }) => message?.includes('listening on'))).toBe(true);
  });

  const TRY_OUT = ['--embedded', '--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'];

  it('has the commands of a first try on lines of their own, without the time, so that they can be copied', async () => {
    const lines = await readUntil('-t hello -m world', makeWorkspace(), ...TRY_OUT);
    const shown = lines.slice(-4).map((line) => line.replace(new RegExp(`^${TIME} `), 'TIME '));
    expect(shown).toEqual([
      'TIME a first guarded call:',
      expect.stringMatching(
        /^ {2}curl -H "Authorization: Bearer .* http:\/\/127\.0\.0\.1:\d+\/api\/v4\/brokers$/,
      ),
      'TIME a first guarded message:',
      expect.stringMatching(/^ {2}mosquitto_pub -h 127\.0\.0\.1 .* -t hello -m world$/),
    ]);
  });

  it('has them in JSON objects where all of it is JSON', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': 'guard { log.format = json }' });
    const lines = await readUntil('-t hello -m world', cwd, ...TRY_OUT);
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages.slice(-2)).toEqual([
      expect.stringMatching(/^a first guarded call:\n {2}curl /),
      expect.stringMatching(/^a first guarded message:\n {2}mosquitto_pub /),
    ]);
  });

  it('has another form from the reload on that says so', async () => {
    const crew = await startCrew({ guard: 'workers = 1' });
    await crew.reload(
      writeConf(crew.upstream.url, 'workers = 1, log.format = json'),
      /"message":"the settings were read again/,
    );
  });
});

describe('a terminal', () => {
  it('shows a record as one short line, what the guard says without the time, and a file has JSON', async () => {
    const ops = makeIssuer();
    const upstream = await startUpstream();
    onTestFinished(() => upstream.close());
    const cwd = makeWorkspace({
      'nanomq.conf': writeConf(upstream.url, 'workers = 2'),
      'keys/ops.pub': ops.publicPem,
    });
    // script(1) gives a program a terminal of its own.
    const child = spawn(
      'script',
      ['-qefc', `'${process.execPath}' '${MAIN}' serve`, join(cwd, 'typescript')],
      {
        cwd,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
    });
    let shown = '';
    watchOutput({ what: 'a guard', printed: () => shown, isOver: () => child.exitCode !== null }, cwd);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await until(() => /listening on \S+:\d+, service on/.test(shown), 'the guard to listen');
    const port = Number(/listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(shown)?.[1]);
    const token = mintToken(ops, { sub: 'grafana' });
    await sendRaw(
      port,
      `GET /api/v4/clients HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    );
    await sendRaw(port, 'GET /api/v4/clients HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const allowed =
      /^\d\d:\d\d:\d\d allowed GET \/api\/v4\/clients 200 ops\.pub \(grafana\) clients\.list [\d.]+ ms from 127\.0\.0\.1\r?$/m;
    const denied =
      /^\d\d:\d\d:\d\d denied {2}GET \/api\/v4\/clients 401 token_missing clients\.list [\d.]+ ms from 127\.0\.0\.1\r?$/m;
    await until(() => allowed.test(shown) && denied.test(shown), 'both records');
    expect(shown).not.toContain('{"type"');
    const pid = Number(/^pid (\d+) listening/m.exec(shown)?.[1]);
    writeFileSync(join(cwd, 'nanomq.conf'), writeConf(upstream.url, 'workers = 2, audit.file = audit.log'));
    process.kill(pid, 'SIGHUP');
    const inFile = () =>
      existsSync(join(cwd, 'audit.log')) ? readFileSync(join(cwd, 'audit.log'), 'utf8') : '';
    await until(() => inFile().endsWith('\n'), 'a record in the file');
    expect(JSON.parse(inFile().split('\n')[0] as string)).toMatchObject({ type: 'reload', outcome: 'done' });
  });
});
