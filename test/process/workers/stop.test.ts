// The end of a guard of several workers: in order when it is asked, and with nobody left behind when it is killed.
import { describe, expect, it } from 'vitest';
import { until } from '../../support/guard.ts';
import { holdNamed } from '../../support/held-answers.ts';
import { isRunning, startProgram } from '../../support/program.ts';
import { openSocket } from '../../support/raw.ts';
import { DEADLINE_MS } from '../../support/wait-for.ts';
import { makeWorkspace } from '../../support/workspace.ts';
import {
  type CrewOptions,
  head,
  OPS,
  pauseProcess,
  readRecords,
  startCrew,
  statuses,
  writeConf,
} from './harness.ts';

/** A request under way in each worker, held by the broker. */
async function startHeld(options: CrewOptions = {}) {
  const { held, respond, release } = holdNamed();
  const crew = await startCrew({ respond, ...options });
  const each = await crew.openEach();
  for (const connection of each) connection.write(head('/api/v4/clients/held', crew.token));
  await until(() => held.length === 2, 'a call of each worker at the broker');
  return { crew, each, release, pids: crew.pids };
}

async function isRefused(port: number): Promise<boolean> {
  try {
    (await openSocket(port)).destroy();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}

async function awaitRefusal(port: number): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (!(await isRefused(port))) if (performance.now() > endMs) throw new Error('it still listens');
}

describe('SIGTERM', () => {
  it('lets what runs in every worker finish, refuses new connections, says 503 on /readyz, and exits 0', async () => {
    const { crew, each, release, pids } = await startHeld();
    crew.program.child.kill('SIGTERM');
    await crew.told(/stopping: finishing what runs/);
    await awaitRefusal(crew.front);
    expect(await crew.askService('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, message: 'The guard is shutting down.' },
    });
    release();
    for (const connection of each)
      expect(await connection.next()).toMatchObject({ status: 200, body: '{"held":true}' });
    const { code, stdout, stderr } = await crew.program.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/\nstopped\n$/);
    expect(pids.filter(isRunning)).toEqual([]);
    const records = readRecords(stdout).filter(({ path }) => path === '/api/v4/clients/held');
    expect(records).toEqual([
      expect.objectContaining({ outcome: 'allowed' }),
      expect.objectContaining({ outcome: 'allowed' }),
    ]);
  });

  it('cuts what still runs when the drain is over, with a record of each, and exits 0', async () => {
    const { crew, each, pids } = await startHeld({ guard: 'drain = 200ms' });
    const { code, stdout } = await crew.program.stop();
    expect(code).toBe(0);
    for (const connection of each) await connection.closed();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(readRecords(stdout).filter(({ path }) => path === '/api/v4/clients/held')).toHaveLength(2);
  });

  it('is obeyed while a worker is being replaced', async () => {
    const crew = await startCrew();
    const [pid] = crew.pids as [number, number];
    process.kill(pid, 'SIGKILL');
    await crew.told(/another takes its place/);
    const { code, stderr } = await crew.program.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/\nstopped\n$/);
  });
});

describe('a signal to the workers themselves', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'and to all of the group while they start, %s, ends it in order',
    async (signal) => {
      const cwd = makeWorkspace({
        'nanomq.conf': writeConf('http://127.0.0.1:9'),
        'keys/ops.pub': OPS.publicPem,
      });
      const program = startProgram(['serve'], { cwd, ownGroup: true });
      await program.told(/^keys directory /m);
      process.kill(-(program.child.pid as number), signal);
      const { code, stderr } = await program.ended;
      expect(stderr).toMatch(/\nstopped\n$/);
      expect(code).toBe(0);
    },
  );

  it('is the business of the process that was started: SIGTERM, SIGINT and SIGHUP end none', async () => {
    const crew = await startCrew();
    const each = await crew.openEach();
    const { pids } = crew;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      for (const pid of pids) process.kill(pid, signal);
      expect(await statuses(each, crew.token)).toEqual([200, 200]);
    }
    expect(crew.pids).toEqual(pids);
    expect((await crew.program.stop()).code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'and to all of the group at once, %s, still lets what runs finish',
    async (signal) => {
      const { crew, each, release } = await startHeld({ ownGroup: true });
      process.kill(-crew.pid, signal);
      await crew.told(/stopping: finishing what runs/);
      release();
      for (const connection of each) expect((await connection.next()).status).toBe(200);
      expect((await crew.program.ended).code).toBe(0);
    },
  );
});

it('the workers of a guard that is killed end with it, and nothing listens any more', async () => {
  const { crew, each, pids } = await startHeld();
  await crew.program.stop('SIGKILL');
  await until(() => !pids.some(isRunning), 'the end of the workers');
  for (const connection of each) await connection.closed();
  expect(await isRefused(crew.front)).toBe(true);
});

it('a worker that hangs does not outlive a guard that is told twice to end', async () => {
  const { crew, pids } = await startHeld();
  await pauseProcess(pids[0] as number);
  let ended = false;
  void crew.program.ended.then(() => {
    ended = true;
  });
  // The second counts once it cannot be an echo of the first any more.
  const asked = () => ended || !crew.program.child.kill('SIGTERM');
  await until(asked, 'the end of the guard');
  expect((await crew.program.ended).code).toBe(1);
  await until(() => !pids.some(isRunning), 'the end of the workers');
});
