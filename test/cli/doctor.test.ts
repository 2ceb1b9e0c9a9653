// `broker-guard doctor`: each thing it looks at, where all is well and where it is not.
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findOpen } from '../../src/cli/doctor-broker.ts';
import { runCommand } from '../support/command.ts';
import { makeIssuer } from '../support/issuers.ts';
import { runProgram } from '../support/program.ts';
import { okAnswer, type Responder, startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const basic = (who: string): string => `Basic ${Buffer.from(who).toString('base64')}`;
const refusal = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n';

/** A broker that lets in whoever has one of these user names and passwords. */
const letIn =
  (...known: readonly string[]): Responder =>
  ({ headers }) =>
    known.map(basic).includes(headers.get('authorization') ?? '') ? okAnswer() : refusal;

const withDate = (offsetMs: number) => () =>
  okAnswer().replace('\r\n\r\n', `\r\nDate: ${new Date(Date.now() + offsetMs).toUTCString()}\r\n\r\n`);

interface Patient {
  readonly respond?: Responder;
  readonly guard?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
}

async function examine(
  { respond = letIn('guard:secret'), guard = '', files = {}, modes = {} }: Patient,
  ...flags: string[]
) {
  const broker = await startUpstream(respond);
  onTestFinished(() => broker.close());
  const folder = makeWorkspace({ 'keys/ops.pub': OPS.publicPem, 'ops.key': '', ...files });
  const settings = `guard.upstream.url = "${broker.url}"\nhttp_server.username = guard\nhttp_server.password = "secret"\nguard.service.listen = "127.0.0.1:9"\nguard.token.max_lifetime = 1d\n${guard}\n`;
  writeFileSync(join(folder, 'nanomq.conf'), settings);
  const all = { 'nanomq.conf': 0o600, 'ops.key': 0o600, 'keys/ops.pub': 0o644, keys: 0o755, ...modes };
  for (const [name, mode] of Object.entries(all)) chmodSync(join(folder, name), mode);
  const result = await runCommand(['doctor', '--config', join(folder, 'nanomq.conf'), ...flags]);
  return { ...result, broker, folder };
}

describe('doctor', () => {
  it('finds a guard and its broker well, line by line', async () => {
    const { code, stdout, broker } = await examine({});
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `ok    settings  good, for ${broker.url}`,
      'ok    keys      1 usable issuer',
      'ok    files     of 4 modes none lets in more than it should',
      `ok    broker    answers at ${broker.url} and takes the guard's credentials`,
      'ok    broker    answers nobody without credentials',
      'ok    broker    does not take admin and public',
      'note  clock     the broker sends no date to compare with; see that this machine keeps time, and those that mint tokens',
      `ok    reach     port ${broker.port} is open on loopback alone`,
      'note  guard     none answers on http://127.0.0.1:9/readyz: start one with broker-guard serve',
      '',
    ]);
  });

  it('--json prints the same as data', async () => {
    const { stdout } = await examine({}, '--json');
    const { ok, findings } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(findings).toHaveLength(9);
    expect(findings[3]).toEqual({
      about: 'broker',
      verdict: 'ok',
      message: expect.stringMatching(/^answers at /),
    });
  });

  it('never prints a password', async () => {
    const { stdout, stderr } = await examine({ respond: () => refusal });
    expect(stdout + stderr).not.toContain('secret');
  });

  it.each<[string, Patient, RegExp]>([
    [
      'a broker that asks nobody who they are',
      { respond: () => okAnswer() },
      /^problem {2}broker {4}answers without any credentials: .*auth_type = basic$/m,
    ],
    [
      'a broker that takes the password it was shipped with',
      { respond: letIn('guard:secret', 'admin:public') },
      /^problem {2}broker {4}takes admin and public, which every such broker is shipped with/m,
    ],
    [
      'RabbitMQ with its guest',
      { respond: letIn('guard:secret', 'guest:guest'), guard: 'guard.upstream.profile = rabbitmq' },
      /^problem {2}broker {4}takes guest and guest/m,
    ],
    [
      "a broker that does not take the guard's credentials",
      { respond: letIn('other:secret') },
      /^problem {2}broker {4}answers 401 at \S+ to the guard's credentials: set http_server/m,
    ],
    [
      'a broker that hangs up',
      { respond: (_, socket) => void socket.destroy() },
      /^problem {2}broker {4}nothing usable answers at \S+ \(ECONNRESET\)/m,
    ],
    [
      'settings that everybody may read',
      { modes: { 'nanomq.conf': 0o644 } },
      /^problem {2}files {5}\S+nanomq\.conf can be read by everybody, the broker's password in it too: chmod o-r \S+nanomq\.conf$/m,
    ],
    [
      'settings that others may write',
      { modes: { 'nanomq.conf': 0o620 } },
      /^problem {2}files {5}\S+nanomq\.conf can be written by others/m,
    ],
    [
      'a private key that others may read',
      { modes: { 'ops.key': 0o640 } },
      /^problem {2}files {5}\S+ops\.key is a private key that others can read: chmod 600/m,
    ],
    [
      'rules of an issuer that others may write',
      { files: { 'keys/ops.policy.conf': 'roles = [viewer]' }, modes: { 'keys/ops.policy.conf': 0o664 } },
      /^problem {2}files {5}\S+ops\.policy\.conf can be written by others, who can thereby give its issuer any role: chmod go-w/m,
    ],
    [
      'audit records that everybody may read',
      { guard: 'guard.audit.file = audit.log', files: { 'audit.log': '' }, modes: { 'audit.log': 0o644 } },
      /^problem {2}files {5}\S+audit\.log can be read by everybody, with addresses and subjects of callers in it: chmod o-r/m,
    ],
    [
      'audit records that others may write',
      { guard: 'guard.audit.file = audit.log', files: { 'audit.log': '' }, modes: { 'audit.log': 0o620 } },
      /^problem {2}files {5}\S+audit\.log can be written by others, who can thereby leave out or make up what was done: chmod go-w/m,
    ],
    [
      'revocations that others may write',
      {
        guard: 'guard.revocations.file = gone.jsonl',
        files: { 'gone.jsonl': '' },
        modes: { 'gone.jsonl': 0o666 },
      },
      /^problem {2}files {5}\S+gone\.jsonl can be written by others, who can thereby make a revoked token good again/m,
    ],
    [
      'a public key that others may write',
      { modes: { 'keys/ops.pub': 0o666 } },
      /^problem {2}files {5}\S+ops\.pub can be written by others, who can thereby become this issuer/m,
    ],
    ['no usable key', { files: { 'keys/ops.pub': 'hello' } }, /^problem {2}keys {6}.*no usable key/m],
  ])('finds %s, and exits 1', async (_, patient, line) => {
    const { code, stdout } = await examine(patient);
    expect(stdout).toMatch(line);
    expect(code).toBe(1);
  });

  it.each<[string, Patient, RegExp]>([
    [
      'a key that serves two issuers',
      { files: { 'keys/dev.pub': OPS.publicPem } },
      /^warning {2}keys {6}.*one key serves several issuers: dev\.pub, ops\.pub/m,
    ],
    [
      'a weak key',
      { files: { 'keys/dev.pub': makeIssuer(1024).publicPem } },
      /^warning {2}keys {6}.*dev\.pub is not used: The RSA key has 1024 bits/m,
    ],
    [
      'a keys directory that others may write',
      { modes: { keys: 0o777 } },
      /^warning {2}keys {6}.*can be written by its group or by everyone/m,
    ],
    [
      'tokens without an end',
      { guard: 'guard.token.max_lifetime = none' },
      /^warning {2}tokens {4}guard\.token\.max_lifetime is none/m,
    ],
    [
      'a clock that is ten minutes off',
      { respond: withDate(600_000), guard: 'guard.upstream.credentials = none' },
      /^warning {2}clock {5}(?:600|599|601) s from the clock of the broker, more than/m,
    ],
  ])('finds %s, which is a warning alone', async (_, patient, line) => {
    const { code, stdout } = await examine(patient);
    expect(stdout).toMatch(line);
    expect(code).toBe(0);
  });

  it('compares clocks within what a second of HTTP can tell', async () => {
    const { stdout } = await examine({ respond: withDate(0), guard: 'guard.upstream.credentials = none' });
    expect(stdout).toMatch(/^ok {4}clock {5}[01] s from the clock of the broker$/m);
  });

  it('says of a broker that is down how to go on, and of bad settings what is wrong with them', async () => {
    const folder = makeWorkspace({
      'keys/ops.pub': OPS.publicPem,
      'down.conf': 'guard.upstream.url = "http://127.0.0.1:9"',
      'bad.conf': 'guard.drian = 1s',
    });
    const doctor = (file: string) => runCommand(['doctor', '--config', join(folder, file)]);
    const down = await doctor('down.conf');
    expect(down.code).toBe(1);
    expect(down.stdout).toMatch(
      /nothing usable answers at http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\): check that it runs/,
    );
    const bad = await doctor('bad.conf');
    expect(bad.code).toBe(2);
    expect(bad.stdout).toMatch(
      /^problem {2}settings {2}\S+bad\.conf:1:1: guard\.drian is unknown; did you mean drain\?/m,
    );
  });
});

it('looks at no broker where there are no settings', async () => {
  const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
  const { stdout } = await runProgram(['doctor'], { cwd });
  expect(stdout).toMatch(/^ok +settings +the defaults$/m);
  expect(stdout).toMatch(
    /^note +broker +there is no nanomq\.conf here, and so no broker: serve would start the embedded one$/m,
  );
});

describe("the broker's port", () => {
  it('is looked for at every other address of the machine', async () => {
    const listen = (host: string): Promise<number> =>
      new Promise((resolve) => {
        const server = createServer((socket) => socket.destroy());
        onTestFinished(() => void server.close());
        server.listen(0, host, () => resolve((server.address() as { port: number }).port));
      });
    expect(await findOpen(await listen('127.0.0.1'), ['127.0.0.2', '127.0.0.3'])).toEqual([]);
    const port = await listen('0.0.0.0');
    expect(await findOpen(port, ['127.0.0.2', '127.0.0.3'])).toEqual([
      `127.0.0.2:${port}`,
      `127.0.0.3:${port}`,
    ]);
  });
});
