// Where several workers listen together: a port, a socket file, with TLS; and why a start fails, said once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { occupyPort } from '../../support/loopback.ts';
import { runProgram } from '../../support/program.ts';
import { RawConnection } from '../../support/raw.ts';
import { makeWorkspace } from '../../support/workspace.ts';
import { type Crew, OPS, openUpstream, request, startCrewIn, workerOf, writeConf } from './harness.ts';

/** Six requests, each on a connection of its own: every one is answered, and both workers have had some. */
async function expectBoth(crew: Crew, open: () => Socket, ready = 'connect'): Promise<void> {
  const workers = new Set<string>();
  for (let count = 0; count < 6; count++) {
    const socket = open();
    onTestFinished(() => void socket.destroy());
    await once(socket, ready);
    const answer = await request(new RawConnection(socket), '/api/v4/brokers', crew.token);
    expect(answer.status).toBe(200);
    workers.add(workerOf(answer));
  }
  expect(workers.size).toBe(2);
}

async function prepare(guard: string) {
  const upstream = await openUpstream();
  const cwd = makeWorkspace({
    'nanomq.conf': writeConf(upstream.url, guard),
    'keys/ops.pub': OPS.publicPem,
  });
  return { cwd, start: () => startCrewIn(cwd, upstream), path: join(cwd, 'guard.sock') };
}

/** Leaves a socket file behind, as a process does that is killed. */
async function abandonSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listens'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('two workers listen', () => {
  it('on one port, whichever the system gives them', async () => {
    const { start } = await prepare('listen = "127.0.0.1:0"');
    const crew = await start();
    await expectBoth(crew, () => connect(crew.front, '127.0.0.1'));
  });

  it('on one socket file, which is gone after them', async () => {
    const { start, path } = await prepare('listen = "unix:guard.sock"');
    const crew = await start();
    await expectBoth(crew, () => connect(path));
    expect((await crew.program.stop()).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('where a killed process has left its socket file behind', async () => {
    const { start, path } = await prepare('listen = "unix:guard.sock"');
    await abandonSocket(path);
    const crew = await start();
    await expectBoth(crew, () => connect(path));
  });

  it('on a socket file with TLS', async () => {
    const { cwd, start, path } = await prepare(
      'listen = "unix:guard.sock", tls { certificate = guard.crt, key = guard.key }',
    );
    expect((await runProgram(['certificate', 'localhost'], { cwd })).code).toBe(0);
    const crew = await start();
    await expectBoth(crew, () => connectTls({ path, rejectUnauthorized: false }), 'secureConnect');
  });
});

describe('a start that fails is one sentence, and no worker is left', () => {
  // The streams are closed with the last process that has them: `ended` waits for the workers as well.
  async function fail(guard: string) {
    const { cwd } = await prepare(guard);
    const { code, stdout, stderr } = await runProgram(['serve'], { cwd });
    const sentences = stderr.trimEnd().split('\n');
    return { code, stdout, sentences: sentences.filter((line) => !line.startsWith('keys directory ')) };
  }

  it('where the port is taken', async () => {
    const port = await occupyPort();
    expect(await fail(`listen = "127.0.0.1:${port}"`)).toEqual({
      code: 1,
      stdout: '',
      sentences: [
        `cannot listen on 127.0.0.1:${port}: something else already listens there. Change guard.listen or give --listen.`,
      ],
    });
  });

  it('where the port of the service listener is taken', async () => {
    const port = await occupyPort();
    const { code, stdout, sentences } = await fail(`service.listen = "127.0.0.1:${port}"`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(sentences.at(-1)).toBe(
      `cannot listen on 127.0.0.1:${port}: something else already listens there. Change guard.service.listen or give --service-listen.`,
    );
  });

  it('where a file stands in the place of the socket', async () => {
    const { code, sentences } = await fail('listen = "unix:nanomq.conf"');
    expect(code).toBe(1);
    expect(sentences).toEqual([
      expect.stringMatching(
        /^cannot listen on unix:\S+: \S+nanomq\.conf is there and is not a socket\. Change /,
      ),
    ]);
  });

  it('where this process is itself a worker of a process manager', async () => {
    const { cwd } = await prepare('');
    const { code, stderr } = await runProgram(['serve'], { cwd, env: { NODE_UNIQUE_ID: '1' } });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      'guard.workers: this process is itself a worker of node:cluster (a process manager in cluster mode?). Set guard.workers = 1.',
    );
  });

  it('where the TLS files cannot be read', async () => {
    expect(await fail('tls { certificate = none.crt, key = none.key }')).toEqual({
      code: 2,
      stdout: '',
      sentences: [
        expect.stringMatching(
          /^guard\.tls\.certificate: \S+none\.crt cannot be read \(ENOENT\); make it with /,
        ),
        expect.stringMatching(/^guard\.tls\.key: \S+none\.key cannot be read \(ENOENT\); make it with /),
      ],
    });
  });
});
