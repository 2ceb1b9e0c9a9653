// A guard from start to stop, inside the test's process; signals and exit codes are test/cli/serve.test.ts.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { type RunningGuard, startGuard } from '../../src/process/start.ts';
import { keepRecords } from '../support/audit.ts';
import { runCommand } from '../support/command.ts';
import { startTestGuard, until, writeSettings } from '../support/guard.ts';
import { holdNamed } from '../support/held-answers.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { openRaw, openSocket, sendRaw } from '../support/raw.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();
const SILENT_AUDIT = keepRecords();

const head = (method: string, path: string, fields = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer ${mintToken(OPS)}\r\n${fields}\r\n`;

/** A broker that answers `/held` only when it is told to. */
async function startHolding() {
  const { held, respond } = holdNamed();
  const upstream = await startUpstream(respond);
  onTestFinished(() => upstream.close());
  return { upstream, held };
}

async function start(upstreamUrl: string, more: { guard?: string; httpServer?: string } = {}) {
  const guard = await startTestGuard({ upstreamUrl, keys: { 'ops.pub': OPS.publicPem }, ...more });
  onTestFinished(() => guard.stop());
  const reload = (changed: { guard?: string; httpServer?: string; url?: string }) =>
    guard.running.reload(
      loadSettings(
        writeSettings(guard.directory, { upstreamUrl: changed.url ?? upstreamUrl, keys: {}, ...changed }),
      ),
    );
  return { guard, reload };
}

describe('a reload', () => {
  it('lets a request under way finish with the broker it began with', async () => {
    const { upstream, held } = await startHolding();
    const second = await startUpstream();
    onTestFinished(() => second.close());
    const { guard, reload } = await start(upstream.url);
    const answer = sendRaw(guard.port, head('GET', '/api/v4/clients/held'));
    await until(() => held.length === 1, 'the request reaches the broker');
    await reload({ url: second.url });
    held[0]?.give();
    expect(await answer).toMatchObject({ status: 200, body: '{"held":true}' });
    expect((await sendRaw(guard.port, head('GET', '/api/v4/brokers'))).status).toBe(200);
    expect(second.requests).toHaveLength(1);
  });

  it('lets a request that waits for a connection have its turn', async () => {
    const { upstream, held } = await startHolding();
    const { guard, reload } = await start(upstream.url, { guard: 'upstream.connections = 1' });
    const first = sendRaw(guard.port, head('GET', '/api/v4/clients/held'));
    await until(() => held.length === 1, 'the first request reaches the broker');
    const waiting = sendRaw(guard.port, head('GET', '/api/v4/brokers'));
    await until(() => guard.records.length === 0 && upstream.connections().open === 1, 'the second waits');
    // Its head has been read once a later connection has been answered.
    await sendRaw(guard.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await reload({});
    held[0]?.give();
    expect([(await first).status, (await waiting).status]).toEqual([200, 200]);
  });

  it('lets a request whose body is still arriving finish', async () => {
    const { upstream } = await startHolding();
    const { guard, reload } = await start(upstream.url);
    const client = await openRaw(guard.port);
    onTestFinished(() => client.destroy());
    client.write(
      head(
        'POST',
        '/api/v4/mqtt/publish',
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n',
      ),
    );
    // The 100 says that the guard is reading: from here on the request is its own.
    await until(() => client.received.includes('100 Continue'), 'the guard asks for the body');
    await reload({});
    client.write('2\r\n{}\r\n0\r\n\r\n');
    expect((await client.next()).status).toBe(200);
    expect(upstream.requests.at(-1)?.body.toString()).toBe('{}');
  });

  it('ends the connections to the old broker when nothing needs them any more', async () => {
    const { upstream } = await startHolding();
    const { guard, reload } = await start(upstream.url);
    await sendRaw(guard.port, head('GET', '/api/v4/brokers'));
    expect(upstream.connections().open).toBe(1);
    const second = await startUpstream();
    onTestFinished(() => second.close());
    await reload({ url: second.url });
    await until(() => upstream.connections().open === 0, 'the old connection is closed');
  });

  it('puts new timeouts in place for open connections as well', async () => {
    const { upstream } = await startHolding();
    const { guard, reload } = await start(upstream.url);
    await reload({ guard: 'upstream.timeouts.headers = 50ms' });
    expect((await sendRaw(guard.port, head('GET', '/api/v4/clients/held'))).status).toBe(504);
  });

  it('that fails leaves everything as it was', async () => {
    const { upstream } = await startHolding();
    const { guard, reload } = await start(upstream.url);
    await expect(reload({ guard: 'keys_dir = nowhere' })).rejects.toThrow(
      /guard\.keys_dir: "\S+nowhere" does not exist/,
    );
    expect((await sendRaw(guard.port, head('GET', '/api/v4/brokers'))).status).toBe(200);
  });

  it('says which changes need a restart', async () => {
    const { upstream } = await startHolding();
    const { guard, reload } = await start(upstream.url);
    await reload({ guard: 'tls { certificate = a, key = b }' });
    expect(guard.lines).toContain('guard.tls changed: restart the guard for it to take effect');
    expect(guard.lines.filter((line) => line.includes('restart'))).toHaveLength(1);
    await reload({});
    expect(guard.lines.filter((line) => line.includes('restart'))).toHaveLength(1);
  });
});

describe('a reload with TLS', () => {
  const TLS = 'tls { certificate = guard.crt, key = guard.key }';

  const makeCertificate = async (directory: string, name = 'guard') => {
    for (const ending of ['crt', 'key']) rmSync(join(directory, `${name}.${ending}`), { force: true });
    expect((await runCommand(['certificate', 'localhost', '--out', directory, '--name', name])).code).toBe(0);
  };

  async function startWithTls() {
    const upstream = await startUpstream();
    onTestFinished(() => upstream.close());
    const directory = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    await makeCertificate(directory);
    const options = { upstreamUrl: upstream.url, keys: {} };
    const lines: string[] = [];
    const settings = loadSettings(writeSettings(directory, { ...options, guard: TLS }));
    const running = await startGuard(settings, SILENT_AUDIT, (line) => lines.push(line));
    onTestFinished(() => running.stop());
    const reload = (guard: string) =>
      running.reload(loadSettings(writeSettings(directory, { ...options, guard })));
    return { directory, lines, running, reload };
  }

  /** The certificate that a new connection is shown. */
  const shown = (running: RunningGuard) =>
    new Promise<string>((resolve, reject) => {
      const { port } = running.listen as { port: number };
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? 'none');
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const onDisk = (directory: string, name = 'guard') =>
    new X509Certificate(readFileSync(join(directory, `${name}.crt`))).fingerprint256;

  it('shows new connections a certificate that was renewed in its place', async () => {
    const { directory, running, reload } = await startWithTls();
    const before = onDisk(directory);
    expect(await shown(running)).toBe(before);
    await makeCertificate(directory);
    await reload(TLS);
    expect(onDisk(directory)).not.toBe(before);
    expect(await shown(running)).toBe(onDisk(directory));
  });

  it('follows the settings to other files, without a restart', async () => {
    const { directory, lines, running, reload } = await startWithTls();
    await makeCertificate(directory, 'second');
    await reload('tls { certificate = second.crt, key = second.key }');
    expect(await shown(running)).toBe(onDisk(directory, 'second'));
    expect(lines.filter((line) => line.includes('restart'))).toEqual([]);
  });

  it('lets a connection that is open keep what it was promised', async () => {
    const { directory, running, reload } = await startWithTls();
    const { port } = running.listen as { port: number };
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    await makeCertificate(directory);
    await reload(TLS);
    socket.write(head('GET', '/api/v4/brokers'));
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    [
      'a key that belongs to another certificate',
      'guard.key',
      /^guard\.tls: the files are not a PEM certificate and/,
    ],
    [
      'no certificate',
      undefined,
      /^guard\.tls\.certificate: \S+guard\.crt cannot be read \(ENOENT\); make it with /,
    ],
  ])('that finds %s leaves everything as it was', async (_, foreign, sentence) => {
    const { directory, running, reload } = await startWithTls();
    const before = onDisk(directory);
    await makeCertificate(directory, 'second');
    if (foreign === undefined) rmSync(join(directory, 'guard.crt'));
    else copyFileSync(join(directory, 'second.key'), join(directory, foreign));
    await expect(reload(`${TLS}, service.listen = "127.0.0.1:1"`)).rejects.toThrow(sentence);
    expect(await shown(running)).toBe(before);
  });

  it('says that switching it off needs a restart, and goes on with it', async () => {
    const { directory, lines, running, reload } = await startWithTls();
    await reload('');
    expect(lines).toContain('guard.tls changed: restart the guard for it to take effect');
    expect(await shown(running)).toBe(onDisk(directory));
  });
});

describe('stopping', () => {
  it('ends idle connections at once and leaves no socket file', async () => {
    const { upstream } = await startHolding();
    const directory = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const file = join(directory, 'nanomq.conf');
    writeFileSync(
      file,
      `guard { listen = "unix:guard.sock", service.listen = "unix:service.sock", upstream.url = "${upstream.url}" }`,
    );
    const running = await startGuard(loadSettings(file), SILENT_AUDIT, () => undefined);
    expect(running.listen).toEqual({ kind: 'unix', path: join(directory, 'guard.sock') });
    expect(existsSync(join(directory, 'guard.sock'))).toBe(true);
    await running.stop();
    expect(existsSync(join(directory, 'guard.sock'))).toBe(false);
    expect(existsSync(join(directory, 'service.sock'))).toBe(false);
  });

  it('does not wait for a client that keeps its idle connection open', async () => {
    const { upstream } = await startHolding();
    const { guard } = await start(upstream.url, { guard: 'drain = 1h' });
    const client = await openRaw(guard.port);
    onTestFinished(() => client.destroy());
    client.write(head('GET', '/api/v4/brokers'));
    expect((await client.next()).status).toBe(200);
    await guard.running.stop();
    await until(() => client.ended, 'the connection is closed');
  });

  it('answers a request that has reached it on a kept connection', async () => {
    const { upstream } = await startHolding();
    const { guard } = await start(upstream.url);
    const client = await openRaw(guard.port);
    onTestFinished(() => client.destroy());
    client.write(head('GET', '/api/v4/brokers'));
    expect((await client.next()).headers.get('connection')).not.toBe('close');
    client.write(head('GET', '/api/v4/brokers'));
    const stopped = guard.running.stop();
    const answer = await client.next();
    expect(answer.status).toBe(200);
    // RFC 9112 §9.6: nobody should send one more.
    expect(answer.headers.get('connection')).toBe('close');
    await stopped;
  });

  it('cuts a client that never finishes its request when the drain is over', async () => {
    const { upstream } = await startHolding();
    const { guard } = await start(upstream.url, { guard: 'drain = 100ms' });
    const socket = await openSocket(guard.port);
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    socket.write('GET /api/v4/brokers HTTP/1.1\r\nHost: x\r\n');
    await sendRaw(guard.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await guard.running.stop();
    await closed;
  });
});

describe('a reload while the guard stops', () => {
  /** Directories that the kernel watches for this process. */
  const countWatched = () =>
    readdirSync('/proc/self/fdinfo')
      .map((fd) =>
        existsSync(`/proc/self/fdinfo/${fd}`) ? readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8') : '',
      )
      .flatMap((text) => text.match(/^inotify wd:/gm) ?? []).length;

  it.skipIf(process.platform !== 'linux').each([0, 5, 20])(
    'leaves nothing followed, %i turns of the loop into it',
    async (turns) => {
      const { upstream } = await startHolding();
      const before = countWatched();
      const directory = makeWorkspace({ 'keys/ops.pub': OPS.publicPem, 'other/ops.pub': OPS.publicPem });
      const read = (guard: string) =>
        loadSettings(writeSettings(directory, { upstreamUrl: upstream.url, keys: {}, guard }));
      const running = await startGuard(read(''), SILENT_AUDIT, () => undefined);
      expect(countWatched()).toBeGreaterThan(before);
      const reloaded = running.reload(read('keys_dir = other'));
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([reloaded, running.stop()]);
      expect(countWatched()).toBeLessThanOrEqual(before);
    },
  );
});

describe('starting', () => {
  it('takes the place of a socket file that a killed process left behind', async () => {
    const directory = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const path = join(directory, 'guard.sock');
    const { spawnSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave]);
    expect(existsSync(path)).toBe(true);
    const file = join(directory, 'nanomq.conf');
    writeFileSync(
      file,
      'guard { listen = "unix:guard.sock", service.listen = "127.0.0.1:0", upstream.url = "unix:none" }',
    );
    const running = await startGuard(loadSettings(file), SILENT_AUDIT, () => undefined);
    await running.stop();
  });

  it('does not touch a socket that is in use, and leaves nothing open', async () => {
    const directory = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(join(directory, 'service.sock'), resolve));
    onTestFinished(() => void other.close());
    const file = join(directory, 'nanomq.conf');
    writeFileSync(
      file,
      'guard { listen = "unix:guard.sock", service.listen = "unix:service.sock", upstream.url = "unix:none" }',
    );
    await expect(startGuard(loadSettings(file), SILENT_AUDIT, () => undefined)).rejects.toThrow(
      /^cannot listen on unix:\S+service\.sock: something else already listens there\. Change guard\.service\.listen/,
    );
    expect(existsSync(join(directory, 'guard.sock'))).toBe(false);
    expect(existsSync(join(directory, 'service.sock'))).toBe(true);
  });
});
