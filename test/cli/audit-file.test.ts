// Audit records in a file: made, moved away and opened again, full, and required.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Crew,
  readAllRecords,
  readRecords,
  startCrew,
  workerOf,
  writeConf,
} from '../process/workers/harness.ts';
import { until } from '../support/guard.ts';
import { makeIssuer } from '../support/issuers.ts';
import { readMetrics } from '../support/metrics.ts';
import { runProgram } from '../support/program.ts';
import { lacks } from '../support/tools.ts';
import { DEADLINE_MS } from '../support/wait-for.ts';
import { makeWorkspace } from '../support/workspace.ts';

const AUDIT = 'audit.file = audit.log';
const ONE = 'workers = 1';

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
/** While somebody writes: what is there of the last line may not be all of it. */
const readSoFar = (file: string): string => read(file).replace(/[^\n]+$/, '');
const requestsIn = (file: string): Record<string, unknown>[] => readRecords(read(file));

async function untilRecords(file: string, count: number): Promise<void> {
  await until(
    () => readRecords(readSoFar(file)).length >= count,
    () => `${count} records in ${file}, which has\n${read(file)}`,
  );
}

describe('guard.audit.file', () => {
  it('takes the records, and only its owner may read it', async () => {
    const crew = await startCrew({ guard: `${ONE}, ${AUDIT}` });
    const file = join(crew.cwd, 'audit.log');
    await crew.ask();
    await untilRecords(file, 1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(requestsIn(file)[0]).toMatchObject({ issuer: 'ops.pub', outcome: 'allowed' });
    expect(crew.program.stdout()).toBe('');
  });

  it('is opened again by its name on SIGUSR1 and on SIGHUP, and no record is lost', async () => {
    const crew = await startCrew({ guard: `${ONE}, ${AUDIT}` });
    const file = join(crew.cwd, 'audit.log');
    for (const [signal, moved] of [
      ['SIGUSR1', 'first.log'],
      ['SIGHUP', 'second.log'],
    ] as const) {
      await crew.ask();
      await untilRecords(file, 1);
      renameSync(file, join(crew.cwd, moved));
      const from = crew.program.stderr().length;
      crew.program.child.kill(signal);
      await crew.told(signal === 'SIGUSR1' ? /opened again/ : /in place/, from);
      await crew.ask();
      await untilRecords(file, 1);
      expect(requestsIn(join(crew.cwd, moved)).length).toBeGreaterThan(0);
    }
    const all = ['first.log', 'second.log', 'audit.log'].map(
      (name) => requestsIn(join(crew.cwd, name)).length,
    );
    expect(all.reduce((sum, count) => sum + count, 0)).toBe(4);
  });

  it('goes on in the file that is open where it cannot be opened again, and says so', async () => {
    const crew = await startCrew({
      guard: `${ONE}, audit.file = logs/audit.log`,
      files: { 'logs/.keep': '' },
    });
    const moved = join(crew.cwd, 'moved');
    renameSync(join(crew.cwd, 'logs'), moved);
    crew.program.child.kill('SIGUSR1');
    await crew.told(
      /warning: guard\.audit\.file: \S+ cannot be opened for writing \(ENOENT\); make its directory\. Records go on/,
    );
    await crew.ask();
    await untilRecords(join(moved, 'audit.log'), 1);
  });

  it('is opened again on SIGHUP even where the settings cannot be read', async () => {
    const crew = await startCrew({ guard: `${ONE}, ${AUDIT}` });
    renameSync(join(crew.cwd, 'audit.log'), join(crew.cwd, 'moved.log'));
    await crew.reload('guard { listen = ', /opened again/);
    await crew.ask();
    await untilRecords(join(crew.cwd, 'audit.log'), 1);
  });

  it('can be changed by a reload; one that cannot be opened changes nothing', async () => {
    const crew = await startCrew({ guard: `${ONE}, ${AUDIT}` });
    await crew.reload(
      writeConf(crew.upstream.url, `${ONE}, audit.file = nowhere/audit.log`),
      /the settings stay as they were:\n.*nowhere\/audit\.log cannot be opened for writing \(ENOENT\); make its directory/,
    );
    await crew.ask();
    await untilRecords(join(crew.cwd, 'audit.log'), 1);
    await crew.reload(writeConf(crew.upstream.url, `${ONE}, audit.file = other.log`));
    await crew.ask();
    await untilRecords(join(crew.cwd, 'other.log'), 1);
  });

  it.each([
    [
      'nowhere/audit.log',
      /guard\.audit\.file: \S+nowhere\/audit\.log cannot be opened for writing \(ENOENT\); make its directory/,
    ],
    [
      'keys',
      /guard\.audit\.file: \S+keys cannot be opened for writing \(EISDIR\); name a file in this directory/,
    ],
  ])('stops the start where it is %s, and check finds it too', async (file, sentence) => {
    const cwd = makeWorkspace({
      'nanomq.conf': writeConf('http://127.0.0.1:1', `audit.file = "${file}"`),
      'keys/ops.pub': makeIssuer().publicPem,
    });
    for (const command of ['serve', 'check']) {
      const { code, stderr } = await runProgram([command], { cwd });
      expect([command, code]).toEqual([command, 2]);
      expect(stderr).toMatch(sentence);
    }
  });

  it('has records of what happens to the guard: start, keys, settings, stop', async () => {
    const files = { 'keys/ops.policy.conf': 'roles = [admin]' };
    const crew = await startCrew({ guard: `${ONE}, ${AUDIT}`, files });
    crew.write('keys/new.pub', makeIssuer().publicPem);
    await crew.told(/new\.pub: key added/);
    crew.write('keys/new.pub', 'nothing');
    await crew.told(/new\.pub is not used/);
    rmSync(join(crew.cwd, 'keys/new.pub'));
    crew.write('keys/ops.policy.conf', 'roles = [viewer]');
    const types = () =>
      readAllRecords(readSoFar(join(crew.cwd, 'audit.log'))).map(({ type, change }) => change ?? type);
    await until(
      () => types().includes('rules') && types().includes('removed'),
      () => `the records of the keys, not ${types()}\n${crew.program.stderr()}`,
    );
    await crew.reload(writeConf(crew.upstream.url, `${ONE}, ${AUDIT}`));
    await crew.reload('guard { no = 1 }', /stay as they were/);
    await crew.program.stop();
    const records = readAllRecords(read(join(crew.cwd, 'audit.log')));
    expect(records[0]).toMatchObject({ type: 'start', pid: crew.pid, workers: 1 });
    expect(records.at(-1)).toMatchObject({ type: 'stop', pid: crew.pid });
    expect(records).toContainEqual(
      expect.objectContaining({
        type: 'key',
        issuer: 'new.pub',
        usable: true,
        keys: [expect.stringMatching(/^[\w-]{43}$/)],
      }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ type: 'key', issuer: 'ops.pub', change: 'rules', usable: true }),
    );
    expect(records).toContainEqual(expect.objectContaining({ type: 'reload', outcome: 'done' }));
    expect(records).toContainEqual(
      expect.objectContaining({
        type: 'reload',
        outcome: 'refused',
        message: expect.stringContaining('guard.no'),
      }),
    );
  });
});

describe.skipIf(lacks('logrotate'))('logrotate', () => {
  it('moves the file of a guard with workers, which goes on in a new one without a lost record', async () => {
    const crew = await startCrew({ guard: AUDIT });
    const file = join(crew.cwd, 'audit.log');
    const settings = join(crew.cwd, 'logrotate.conf');
    writeFileSync(
      settings,
      `${file} {\n su\n rotate 3\n create 0600\n nocompress\n postrotate\n  kill -USR1 ${crew.pid}\n endscript\n}\n`.replace(
        ' su\n',
        '',
      ),
    );
    // It refuses directories that others may write to.
    chmodSync(crew.cwd, 0o700);
    let asked = 0;
    for (const round of [1, 2]) {
      for (let at = 0; at < 20; at++, asked++) await crew.ask();
      // A worker's records come to the file after its answers.
      await untilRecords(file, 1);
      execFileSync('logrotate', ['--force', '--state', join(crew.cwd, 'state'), settings]);
      await until(
        () => (crew.program.stderr().match(/opened again/g) ?? []).length === round,
        'the file to be opened again',
      );
    }
    await crew.ask();
    asked++;
    await crew.program.stop();
    const counts = ['audit.log.2', 'audit.log.1', 'audit.log'].map(
      (name) => requestsIn(join(crew.cwd, name)).length,
    );
    expect(
      counts.reduce((sum, count) => sum + count, 0),
      crew.program.stderr(),
    ).toBe(asked);
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(crew.program.stderr()).not.toMatch(/could not be written/);
  });
});

describe('a disk that is full', () => {
  const linkTo = (crew: { cwd: string }, target: string) => {
    const link = join(crew.cwd, 'audit.log');
    rmSync(link, { force: true });
    symlinkSync(target, link);
  };

  const untilLost = (crew: Crew, count: number) =>
    expect
      .poll(async () => (await readMetrics(crew.service)).value('broker_guard_audit_records_lost_total'), {
        timeout: DEADLINE_MS,
      })
      .toBeGreaterThanOrEqual(count);

  it.each([1, 2])('loses records and no call, and says how many, with %i workers', async (workers) => {
    const crew = await startCrew({ guard: `workers = ${workers}, audit.file = /dev/full` });
    for (const _ of [1, 2, 3]) expect((await crew.ask()).status).toBe(200);
    await crew.told(/audit records cannot be written \(ENOSPC\)/);
    await untilLost(crew, 3);
  });

  it.each([1, 2])(
    'refuses calls where guard.audit.required says so, until there is room again, with %i workers',
    async (workers) => {
      const cwd = makeWorkspace();
      const crew = await startCrew({
        guard: `workers = ${workers}, audit { file = "${join(cwd, 'audit.log')}", required = true }`,
      });
      const file = join(cwd, 'audit.log');
      const latest = new Map<string, number>();
      let asked = 0;
      /** What each of the processes that serve has answered last. */
      const ask = async () => {
        asked++;
        const answer = await crew.ask();
        latest.set(workerOf(answer), answer.status);
        return [...latest.values()];
      };
      const all = (status: number) => Array(workers).fill(status);
      await expect.poll(ask, { timeout: DEADLINE_MS }).toEqual(all(200));
      await untilRecords(file, asked);
      linkTo({ cwd }, '/dev/full');
      crew.program.child.kill('SIGUSR1');
      await crew.told(/opened again/);
      asked = 0;
      await ask();
      await crew.told(/audit records cannot be written \(ENOSPC\)/);
      // One worker hears of it before the other does.
      await expect.poll(ask, { timeout: DEADLINE_MS }).toEqual(all(503));
      const forwarded = crew.upstream.requests.length;
      const refused = await crew.ask();
      expect(JSON.parse(refused.body)).toMatchObject({ reason: 'audit_unavailable' });
      expect(crew.upstream.requests.length).toBe(forwarded);
      // Those of the calls that were let through are among them: a worker's records come after its answers.
      await untilLost(crew, asked + 1);
      linkTo({ cwd }, join(cwd, 'real.log'));
      crew.program.child.kill('SIGUSR1');
      await expect.poll(ask, { timeout: DEADLINE_MS }).toEqual(all(200));
      expect(requestsIn(join(cwd, 'real.log')).at(0)).toMatchObject({
        reason: 'audit_unavailable',
        status: 503,
      });
    },
  );
});
