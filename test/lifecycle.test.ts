// A guard from start to stop, inside the test's process; signals and exit codes are test/cli/serve.test.ts.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../src/config/load.ts';
import { startGuard } from '../src/lifecycle.ts';
import { startTestGuard, until, writeSettings } from './support/guard.ts';
import { makeIssuer, mintToken } from './support/issuers.ts';
import { openRaw, openSocket, sendRaw } from './support/raw.ts';
import { okAnswer, startUpstream } from './support/upstream.ts';
import { makeWorkspace } from './support/workspace.ts';

const OPS = makeIssuer();
const SILENT_AUDIT = { write: () => undefined, dropped: () => 0, flush: () => undefined };

const head = (method: string, path: string, fields = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer ${mintToken(OPS)}\r\n${fields}\r\n`;

/** A broker that answers `/held` only when it is told to. */
async function startHolding() {
  const held: (() => void)[] = [];
  const upstream = await startUpstream((request, socket) => {
    if (!request.requestLine.includes('/held')) return okAnswer();
    held.push(() => socket.write(okAnswer('{"held":true}')));
    return undefined;
  });
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
    const answer = sendRaw(guard.port, head('GET', '/api/v4/held'));
    await until(() => held.length === 1, 'the request reaches the broker');
    await reload({ url: second.url });
    held[0]?.();
    expect(await answer).toMatchObject({ status: 200, body: '{"held":true}' });
    expect((await sendRaw(guard.port, head('GET', '/api/v4/brokers'))).status).toBe(200);
    expect(second.requests).toHaveLength(1);
  });

  it('lets a request that waits for a connection have its turn', async () => {
    const { upstream, held } = await startHolding();
    const { guard, reload } = await start(upstream.url, { httpServer: 'limit_conn = 1' });
    const first = sendRaw(guard.port, head('GET', '/api/v4/held'));
    await until(() => held.length === 1, 'the first request reaches the broker');
    const waiting = sendRaw(guard.port, head('GET', '/api/v4/brokers'));
    await until(() => guard.records.length === 0 && upstream.connections().open === 1, 'the second waits');
    // Its head has been read once a later connection has been answered.
    await sendRaw(guard.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await reload({});
    held[0]?.();
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
    expect((await sendRaw(guard.port, head('GET', '/api/v4/held'))).status).toBe(504);
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
