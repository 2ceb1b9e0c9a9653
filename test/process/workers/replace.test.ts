// A worker that dies is replaced, and the others do not notice.
import { copyFileSync, cpSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/guard.ts';
import { holdNamed } from '../../support/held-answers.ts';
import { mintToken } from '../../support/issuers.ts';
import { isRunning, runProgram } from '../../support/program.ts';
import { openRaw } from '../../support/raw.ts';
import { ROOT } from '../../support/root.ts';
import { DEADLINE_MS } from '../../support/wait-for.ts';
import { makeWorkspace } from '../../support/workspace.ts';
import {
  DEV,
  head,
  OPS,
  openUpstream,
  pauseProcess,
  request,
  startCrew,
  startCrewIn,
  statuses,
  workerOf,
  writeConf,
} from './harness.ts';

describe('a worker that is killed', () => {
  it('is replaced, with a line that says so; what runs in the other goes on', async () => {
    const { held, respond, release } = holdNamed();
    const crew = await startCrew({ respond });
    const each = await crew.openEach();
    for (const connection of each) connection.write(head('/api/v4/clients/held', crew.token));
    await until(() => held.length === 2, 'a call of each worker at the broker');
    const [first, second] = crew.pids as [number, number];
    await crew.replace([first]);
    await until(() => each.some(({ ended }) => ended), 'the end of its connection');
    const [survivor, ...others] = each.filter(({ ended }) => !ended);
    if (survivor === undefined) throw new Error('both connections have ended');
    expect(others).toEqual([]);
    release();
    const answer = await survivor.next();
    expect(answer).toMatchObject({ status: 200, body: '{"held":true}' });
    expect(workerOf(await request(survivor, '/api/v4', crew.token))).toBe(workerOf(answer));
    expect(crew.pids).toContain(second);
    expect(crew.pids).not.toContain(first);
    expect(await statuses(await crew.openEach(), crew.token)).toEqual([200, 200]);
    expect((await crew.program.stop()).code).toBe(0);
  });

  it('is replaced by one that knows the keys and the settings of the moment', async () => {
    const crew = await startCrew();
    crew.write('keys/dev.pub', DEV.publicPem);
    await crew.told(/dev\.pub/);
    await crew.reload(writeConf(crew.upstream.url, 'token.audience = here'));
    for (const pid of crew.pids) await crew.replace([pid]);
    const each = await crew.openEach();
    expect(await statuses(each, crew.token)).toEqual([401, 401]);
    expect(await statuses(each, mintToken(OPS, { aud: 'here' }))).toEqual([200, 200]);
    expect(await statuses(each, mintToken(DEV, { iss: 'dev.pub', aud: 'here' }))).toEqual([200, 200]);
  });

  it('is replaced by one that follows the keys, from its first moment on', async () => {
    const crew = await startCrew();
    const replaced = crew.replace([crew.pids[0] as number]);
    crew.write('keys/dev.pub', DEV.publicPem);
    await replaced;
    await crew.told(/dev\.pub/);
    const each = await crew.openEach();
    const isGood = async () =>
      (await statuses(each, mintToken(DEV, { iss: 'dev.pub' }))).join() === '200,200';
    const endMs = performance.now() + DEADLINE_MS;
    while (!(await isGood()))
      if (performance.now() > endMs) throw new Error('a worker does not know the key');
  });

  it('with all the others is replaced like them, on the same port', async () => {
    const crew = await startCrew();
    const before = crew.pids;
    await crew.replace(before);
    expect(crew.pids.filter((pid) => before.includes(pid))).toEqual([]);
    expect(await statuses(await crew.openEach(), crew.token)).toEqual([200, 200]);
    expect((await crew.askService('/readyz')).status).toBe(200);
  });
});

it('workers that die just as they are asked something do not take the guard with them', async () => {
  const crew = await startCrew();
  const service = await openRaw(crew.service);
  const ready = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  service.write(ready);
  expect((await service.next()).status).toBe(200);
  for (let round = 0; round < 3; round++) {
    const from = crew.program.stderr().length;
    await pauseProcess(crew.pid);
    const killed = crew.pids;
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await until(() => !killed.some(isRunning), 'the end of the workers');
    // It finds the request, and the ends of the channels to those it would ask, in one turn.
    service.write(ready);
    process.kill(crew.pid, 'SIGCONT');
    expect([200, 503]).toContain((await service.next()).status);
    for (const pid of killed)
      await crew.told(new RegExp(`^worker ${pid} has ended \\(SIGKILL\\)`, 'm'), from);
    await until(() => crew.pids.length === 2, 'two workers again');
  }
  service.destroy();
  expect(await statuses(await crew.openEach(), crew.token)).toEqual([200, 200]);
});

it('a place that nobody can take is tried again, until somebody can; the other worker serves meanwhile', async () => {
  const upstream = await openUpstream();
  const cwd = makeWorkspace({ 'nanomq.conf': writeConf(upstream.url), 'keys/ops.pub': OPS.publicPem });
  // A copy of the product, so that its worker can be taken away.
  cpSync(join(ROOT, 'dist'), join(cwd, 'dist'), { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(cwd, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
  const crew = await startCrewIn(cwd, upstream, { main: join(cwd, 'dist', 'main.js') });
  const [pid] = crew.pids as [number, number];
  renameSync(join(cwd, 'dist/worker.js'), join(cwd, 'dist/away.js'));
  process.kill(pid, 'SIGKILL');
  await crew.told(/^no worker in its place yet: a worker process ended while it started \(exit code 1\)$/m);
  expect(await crew.askService('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  renameSync(join(cwd, 'dist/away.js'), join(cwd, 'dist/worker.js'));
  await crew.told(/^worker \d+ has taken the place$/m);
  expect(crew.pids).toHaveLength(2);
});

it('a replacement has the certificate that is in force, not the files of the moment', async () => {
  const upstream = await openUpstream();
  const cwd = makeWorkspace({
    'nanomq.conf': writeConf(
      upstream.url,
      'listen = "unix:guard.sock", tls { certificate = guard.crt, key = guard.key }',
    ),
    'keys/ops.pub': OPS.publicPem,
  });
  expect((await runProgram(['certificate', 'localhost'], { cwd })).code).toBe(0);
  const crew = await startCrewIn(cwd, upstream);
  rmSync(join(cwd, 'guard.key'));
  await crew.replace(crew.pids);
  expect(crew.pids).toHaveLength(2);
});

describe('a worker that hangs', () => {
  it('does not hold up /readyz, and is replaced when it cannot be told of a change', async () => {
    const crew = await startCrew();
    const [pid] = crew.pids as [number, number];
    await pauseProcess(pid);
    expect(await crew.askService('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    const from = crew.program.stderr().length;
    crew.write('keys/dev.pub', DEV.publicPem);
    await crew.told(
      new RegExp(
        `^worker ${pid} cannot be told of a change \\(no answer within 5000 ms\\): it is ended$`,
        'm',
      ),
      from,
    );
    await until(() => crew.pids.length === 2 && !crew.pids.includes(pid), 'two workers again');
    const each = await crew.openEach();
    expect(await statuses(each, mintToken(DEV, { iss: 'dev.pub' }))).toEqual([200, 200]);
  });
});

it('SIGHUP while a replacement starts harms it in no way', async () => {
  const crew = await startCrew();
  for (let round = 0; round < 3; round++) {
    const [pid] = crew.pids as [number, number];
    const from = crew.program.stderr().length;
    process.kill(pid, 'SIGKILL');
    await crew.told(/another takes its place/, from);
    await crew.reload(writeConf(crew.upstream.url));
    await until(() => crew.pids.length === 2, 'two workers again');
    expect(crew.program.stderr().slice(from)).not.toMatch(/no worker|cannot be told/);
  }
});
