// `broker-guard serve`, as a process: what it says when it starts, why it does not, and what signals do.

import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readRecords } from '../process/workers/harness.ts';
import { until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { occupyPort } from '../support/loopback.ts';
import {
  announcedPorts,
  type RunOptions,
  runProgram,
  startProcess,
  startProgram,
} from '../support/program.ts';
import { openRaw, openSocket, sendRaw } from '../support/raw.ts';
import { ROOT } from '../support/root.ts';
import { okAnswer, startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const DEV = makeIssuer();
const ANY_PORTS = 'listen = "127.0.0.1:0", service.listen = "127.0.0.1:0"';

const get = (path: string, token: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;

async function openUpstream(...args: Parameters<typeof startUpstream>) {
  const upstream = await startUpstream(...args);
  onTestFinished(() => upstream.close());
  return upstream;
}

function start(options: RunOptions, args: readonly string[] = []) {
  const program = startProgram(['serve', ...args], options);
  onTestFinished(async () => {
    await program.stop('SIGKILL');
  });
  return program;
}

/** Nobody's rights, where the test itself runs with all of them. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};

describe('serve', () => {
  it('announces where it listens, forwards, keeps standard output for audit records, and exits 0 on SIGTERM', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }\nhttp_server { username = u, password = p }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    const { front, service } = await announcedPorts(program);
    expect((await sendRaw(front, get('/api/v4/brokers', mintToken(OPS)))).status).toBe(200);
    expect(
      (await sendRaw(service, 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).status,
    ).toBe(200);
    const { code, stdout, stderr } = await program.stop();
    expect(code).toBe(0);
    const records = readRecords(stdout);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ outcome: 'allowed', issuer: 'ops.pub', path: '/api/v4/brokers' });
    expect(stderr).toMatch(/\nstopping: finishing what runs, at most 10 s\nstopped\n$/);
  });

  it.each([1, 2])('opens no debugger on SIGUSR1, with %i processes', async (workers) => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, workers = ${workers}, upstream.url = "${upstream.url}" }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    await announcedPorts(program);
    const children = /workers: pids ([\d ]+)/.exec(program.stderr())?.[1]?.split(' ') ?? [];
    expect(children).toHaveLength(workers === 1 ? 0 : 2);
    for (const pid of [program.child.pid as number, ...children.map(Number)]) process.kill(pid, 'SIGUSR1');
    // A signal that comes later is dealt with later: what Node says of its debugger would be there by then.
    process.kill(program.child.pid as number, 'SIGHUP');
    await program.told(/the settings were read again/);
    const { code, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/debugger/i);
  });

  it('listens on a socket file that another user of its group may connect to', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { listen = "unix:guard.sock", listen_mode = 0660, service { listen = "unix:service.sock", listen_mode = 0600 }, workers = 2, upstream.url = "${upstream.url}" }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    await program.told(/listening on/);
    const modes = ['guard.sock', 'service.sock'].map((name) => statSync(join(cwd, name)).mode & 0o777);
    expect(modes).toEqual([0o660, 0o600]);
  });

  it('names the issuer that is left over from trying out, and so does check', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace();
    const trial = start({ cwd }, ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0']);
    await announcedPorts(trial);
    await trial.stop();
    writeFileSync(
      join(cwd, 'nanomq.conf'),
      `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }\nhttp_server.password = x`,
    );
    const warning =
      /^warning: .*operator\.pub is left over from trying out, .* remove both, unless they are meant$/m;
    const warned = start({ cwd });
    await announcedPorts(warned);
    expect(warned.stderr()).toMatch(warning);
    expect((await runProgram(['check'], { cwd })).stderr).toMatch(
      /operator\.pub is left over from trying out/,
    );
    await warned.stop();
    writeFileSync(join(cwd, 'keys/ops.pub'), OPS.publicPem);
    for (const file of ['operator.key', 'keys/operator.pub']) rmSync(join(cwd, file));
    const clean = start({ cwd });
    await announcedPorts(clean);
    expect(clean.stderr()).not.toContain('trying out');
  });

  it('leaves nothing behind where a port is taken: the listeners come before the key pair', async () => {
    const port = await occupyPort();
    for (const flag of ['--listen', '--service-listen']) {
      const cwd = makeWorkspace();
      const others = ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0', '--keys-dir', 'typo'];
      const { code, stderr } = await start({ cwd }, [...others, flag, `127.0.0.1:${port}`]).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/something else already listens there/);
      expect(readdirSync(cwd)).toEqual([]);
    }
  });

  it('--upstream is enough to start without a settings file', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const flags = ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0', '--upstream', upstream.url];
    const program = start({ cwd }, flags);
    const { front } = await announcedPorts(program);
    expect((await sendRaw(front, get('/api/v4', mintToken(OPS)))).status).toBe(200);
    program.child.kill('SIGHUP');
    await program.told(/SIGHUP: there is no settings file to read again; keys are followed without it\n/);
    expect((await program.stop('SIGINT')).code).toBe(0);
  });

  it('starts with an empty keys directory, refuses everything, and says how to make a key', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }`,
      'keys/.keep': '',
    });
    const program = start({ cwd });
    const { front } = await announcedPorts(program);
    expect((await sendRaw(front, get('/api/v4', mintToken(OPS)))).status).toBe(401);
    expect(program.stderr()).toMatch(
      /no usable key in "\S+keys": every request is refused; make a key pair with: broker-guard keygen NAME\n/,
    );
    expect((await program.stop()).code).toBe(0);
    expect(upstream.requests.map(({ requestLine }) => requestLine)).not.toContain('GET /api/v4 HTTP/1.1 ');
  });

  it('starts in front of a broker that is down, and says which settings to look at', async () => {
    const upstream = await startUpstream();
    await upstream.close();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS} }\nhttp_server { port = ${upstream.port}, password = "not to be seen" }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    const [, url] = await program.told(
      /warning: the broker at (\S+) gives no usable answer \(upstream_unreachable\): check that it runs, and guard\.upstream\.url or http_server/,
    );
    expect(url).toBe(upstream.url);
    const { code, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).not.toContain('not to be seen');
  });

  it.each([
    [
      'guard.listen',
      '--listen',
      (port: number) => `listen = "127.0.0.1:${port}", service.listen = "127.0.0.1:0"`,
    ],
    [
      'guard.service.listen',
      '--service-listen',
      (port: number) => `listen = "127.0.0.1:0", service.listen = "127.0.0.1:${port}"`,
    ],
  ])('a taken port is one sentence that names %s, and exit 1', async (setting, flag, listeners) => {
    const port = await occupyPort();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${listeners(port)} }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const { code, stdout, stderr } = await runProgram(['serve'], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `cannot listen on 127.0.0.1:${port}: something else already listens there. Change ${setting} or give ${flag}.`,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [
      'an address of another machine',
      '"192.0.2.1:8090", insecure_listen_without_tls = true, insecure_default_credentials = true',
      /cannot listen on 192\.0\.2\.1:8090: this machine has no such address\. Change guard\.listen/,
    ],
    [
      'a socket in no directory',
      '"unix:no/such/guard.sock"',
      /cannot listen on unix:\S+\/no\/such\/guard\.sock: the directory does not exist\. Change guard\.listen/,
    ],
  ])('%s is one sentence and exit 1', async (_, listen, sentence) => {
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { listen = ${listen}\n service.listen = "127.0.0.1:0" }`,
      'keys/x.pub': OPS.publicPem,
    });
    const { code, stderr } = await runProgram(['serve'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a file where the socket should be is not touched: one sentence and exit 1', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf': 'guard { listen = "unix:notes.txt", service.listen = "127.0.0.1:0" }',
      'keys/x.pub': OPS.publicPem,
      'notes.txt': 'a year of work',
    });
    const { code, stderr } = await runProgram(['serve'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot listen on unix:(\S+notes\.txt): \1 is there and is not a socket\. Change guard\.listen or give --listen\.\n$/,
    );
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('a year of work');
  });

  it.each([
    ['is missing', () => undefined, /^guard\.keys_dir: "\S+keys" does not exist; create it\.\n$/],
    [
      'is a file',
      (keys: string) => writeFileSync(keys, ''),
      /^guard\.keys_dir: "\S+keys" is not a directory; name one\.\n$/,
    ],
    [
      'is unreadable',
      (keys: string) => mkdirSync(keys, { mode: 0o000 }),
      /^guard\.keys_dir: "\S+keys" cannot be listed by this user; let it read and enter the directory\.\n$/,
    ],
  ])('a keys directory that %s is one sentence and exit 2', async (_, make, sentence) => {
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, upstream.url = "http://127.0.0.1:9" }\nhttp_server.password = x`,
    });
    make(join(cwd, 'keys'));
    chmodSync(cwd, 0o755);
    onTestFinished(() => rmSync(join(cwd, 'keys'), { recursive: true, force: true }));
    const { code, stderr } = await runProgram(['serve'], { cwd, ...nobody });
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it('a settings file that may not be read is one sentence and exit 2', async () => {
    const cwd = makeWorkspace({ 'nanomq.conf': '' });
    chmodSync(cwd, 0o755);
    chmodSync(join(cwd, 'nanomq.conf'), 0o000);
    const { code, stderr } = await runProgram(['serve'], { cwd, ...nobody });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `the settings file ${join(cwd, 'nanomq.conf')} cannot be read by this user: change its owner or mode\n`,
    });
  });
});

describe('SIGTERM', () => {
  async function startSlow(drain: string) {
    const release: (() => void)[] = [];
    const upstream = await openUpstream((request, socket) => {
      if (!request.requestLine.includes('/slow')) return okAnswer();
      release.push(() => socket.write(okAnswer('{"slow":true}')));
      return undefined;
    });
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, drain = ${drain}, upstream.url = "${upstream.url}" }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    const ports = await announcedPorts(program);
    const answer = sendRaw(ports.front, get('/api/v4/clients/slow', mintToken(OPS)), 20_000);
    answer.catch(() => undefined);
    await until(() => release.length === 1, 'the slow request reaches the broker');
    program.child.kill('SIGTERM');
    await program.told(/stopping: finishing what runs/);
    return { program, ports, answer, release: release[0] as () => void };
  }

  it('lets a request under way finish, says 503 on /readyz, refuses new connections, and exits 0', async () => {
    const { program, ports, answer, release } = await startSlow('30s');
    const ready = await sendRaw(
      ports.service,
      'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toMatchObject({ ready: false, message: 'The guard is shutting down.' });
    await expect(openSocket(ports.front)).rejects.toThrow(/ECONNREFUSED/);
    release();
    expect(await answer).toMatchObject({ status: 200, body: '{"slow":true}' });
    expect((await program.ended).code).toBe(0);
  });

  it('cuts what still runs when the drain is over, and exits 0', async () => {
    const { program, answer } = await startSlow('200ms');
    await expect(answer).rejects.toThrow();
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(readRecords(stdout)).toMatchObject([{ path: '/api/v4/clients/slow' }]);
  });
});

describe('a reader of standard output that is stuck', () => {
  it('neither stops requests nor holds up the end, and every record is either out or counted', async () => {
    const upstream = await openUpstream();
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }\nhttp_server.password = x`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    const { front } = await announcedPorts(program);
    program.child.stdout?.pause();
    const client = await openRaw(front);
    const total = 1500;
    // Refused for their method: a record each, and no call to the broker.
    for (let at = 0; at < total; at++) {
      client.write('OPTIONS /api/v4 HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await client.next()).status).toBe(405);
    }
    client.destroy();
    const stoppedAt = performance.now();
    program.child.kill('SIGTERM');
    const [code] = await once(program.child, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(6000);
    program.child.stdout?.resume();
    const { stdout, stderr } = await program.ended;
    const [, lost] = /\nstopped; (\d+) audit records could not be written\n$/.exec(stderr) ?? [];
    expect(Number(lost)).toBeGreaterThan(0);
    // The guard's own start and stop are records too.
    expect(stdout.split('\n').length - 1 + Number(lost)).toBe(total + 2);
  });
});

describe('SIGHUP', () => {
  it('goes to the process that says where it listens; with an embedded broker it has nothing to read and says so', async () => {
    const cwd = makeWorkspace();
    const program = start({ cwd }, ['--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0']);
    const [, pid] = await program.told(/^pid (\d+) listening on /m);
    process.kill(Number(pid), 'SIGHUP');
    await program.told(/^SIGHUP: there is no settings file to read again; keys are followed without it$/m);
    expect((await program.stop()).code).toBe(0);
  });

  async function startWith(conf: string) {
    const cwd = makeWorkspace({
      'nanomq.conf': conf,
      'keys/ops.pub': OPS.publicPem,
      'other/dev.pub': DEV.publicPem,
    });
    const program = start({ cwd });
    const ports = await announcedPorts(program);
    const reload = async (changed: string, told: RegExp) => {
      writeFileSync(join(cwd, 'nanomq.conf'), changed);
      const from = program.stderr().length;
      program.child.kill('SIGHUP');
      await until(() => told.test(program.stderr().slice(from)), String(told));
      return program.stderr().slice(from);
    };
    const status = async (token: string) => (await sendRaw(ports.front, get('/api/v4', token))).status;
    return { program, reload, status };
  }
  const inPlace = /the settings were read again and are in place\n/;

  it('puts token rules, upstream and keys directory in place', async () => {
    const first = await openUpstream();
    const second = await openUpstream();
    const conf = (more: string) => `guard { ${ANY_PORTS}\n ${more} }\nhttp_server.password = x\n`;
    const { reload, status } = await startWith(conf(`upstream.url = "${first.url}"`));
    const named = mintToken(OPS, { aud: 'here' });
    expect(await status(mintToken(OPS))).toBe(200);
    await reload(conf(`upstream.url = "${first.url}", token.audience = here`), inPlace);
    expect([await status(mintToken(OPS)), await status(named)]).toEqual([401, 200]);
    const before = first.requests.length;
    await reload(conf(`upstream.url = "${second.url}", keys_dir = other`), inPlace);
    expect([await status(named), await status(mintToken(DEV, { iss: 'dev.pub' }))]).toEqual([401, 200]);
    expect(first.requests).toHaveLength(before);
    expect(second.requests.at(-1)?.requestLine).toMatch(/^GET \/api\/v4 /);
  });

  it.each([
    [
      'a file with problems',
      'guard { listn = x }',
      /the settings stay as they were:\n\S+nanomq\.conf:1:9: guard\.listn is unknown; did you mean listen\?\n/,
    ],
    ['a file that is no HOCON', 'guard {', /the settings stay as they were:\n\S+nanomq\.conf:\d+:\d+: /],
    [
      'a keys directory that is missing',
      'guard.keys_dir = nowhere',
      /the settings stay as they were:\nguard\.keys_dir: "\S+nowhere" does not exist/,
    ],
  ])('%s changes nothing and says so', async (_, bad, told) => {
    const upstream = await openUpstream();
    const { program, reload, status } = await startWith(
      `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }`,
    );
    await reload(bad, told);
    expect(await status(mintToken(OPS))).toBe(200);
    expect((await program.stop()).code).toBe(0);
  });

  it('says that a changed listener needs a restart, and puts the rest in place', async () => {
    const upstream = await openUpstream();
    const { reload, status } = await startWith(`guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }`);
    const told = await reload(
      `guard { listen = "127.0.0.1:1", service.listen = "127.0.0.1:2", upstream.url = "${upstream.url}", keys_dir = other }`,
      inPlace,
    );
    expect(told).toMatch(/guard\.listen changed: restart the guard for it to take effect\n/);
    expect(told).toMatch(/guard\.service\.listen changed: restart the guard for it to take effect\n/);
    expect(await status(mintToken(DEV, { iss: 'dev.pub' }))).toBe(200);
  });

  it('many at once are done one after the other', async () => {
    const upstream = await openUpstream();
    const conf = `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }`;
    const { program, reload, status } = await startWith(conf);
    for (let count = 0; count < 20; count++) program.child.kill('SIGHUP');
    await reload(conf, inPlace);
    expect(await status(mintToken(OPS))).toBe(200);
    expect((await program.stop()).code).toBe(0);
  });
});

describe('npm start', () => {
  it('is stopped by a SIGTERM to npm, in order', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const conf = join(cwd, 'nanomq.conf');
    writeFileSync(conf, `guard { ${ANY_PORTS}, upstream.url = "unix:none.sock" }\nhttp_server.password = x`);
    expect(existsSync(join(ROOT, 'package.json'))).toBe(true);
    const npm = startProcess('npm', ['start', '--silent', '--prefix', ROOT, '--', '--config', conf], { cwd });
    onTestFinished(async () => {
      await npm.stop('SIGKILL');
    });
    const { front } = await announcedPorts(npm);
    // npm's own pid is of no use to whoever wants to send SIGHUP.
    const [, pid] = await npm.told(/^pid (\d+) listening on /m);
    process.kill(Number(pid), 'SIGHUP');
    await npm.told(/the settings were read again and are in place\n/);
    const { stderr } = await npm.stop('SIGTERM');
    expect(stderr).toMatch(/\nstopped\n/);
    await expect(openSocket(front)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('one Ctrl-C, which npm passes on a second time, still lets a request finish', async () => {
    const release: (() => void)[] = [];
    const upstream = await openUpstream((request, socket) => {
      if (!request.requestLine.includes('/slow')) return okAnswer();
      release.push(() => socket.write(okAnswer()));
      return undefined;
    });
    const cwd = makeWorkspace({
      'nanomq.conf': `guard { ${ANY_PORTS}, upstream.url = "${upstream.url}" }`,
      'keys/ops.pub': OPS.publicPem,
    });
    const program = start({ cwd });
    const { front } = await announcedPorts(program);
    const answer = sendRaw(front, get('/api/v4/clients/slow', mintToken(OPS)), 20_000);
    await until(() => release.length === 1, 'the slow request reaches the broker');
    program.child.kill('SIGINT');
    await program.told(/stopping/);
    program.child.kill('SIGINT');
    release[0]?.();
    expect((await answer).status).toBe(200);
    expect((await program.ended).code).toBe(0);
  });
});
