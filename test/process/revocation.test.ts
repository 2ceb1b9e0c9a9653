// Revocation over real processes: a token is refused within a second in every worker, through kill -9 of whoever revokes and of
// the guard, and through torn lines and rewriting.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { announcedPorts, MAIN, runProgram, startProcess, startProgram } from '../support/program.ts';
import type { RawConnection } from '../support/raw.ts';
import { ROOT } from '../support/root.ts';
import { DEADLINE_MS } from '../support/wait-for.ts';
import { makeWorkspace } from '../support/workspace.ts';
import {
  type Crew,
  OPS,
  openUpstream,
  readAllRecords,
  request,
  startCrew,
  startCrewIn,
} from './workers/harness.ts';

const WITHIN_MS = 1000;

const revoke = (cwd: string, ...flags: string[]) =>
  runProgram(['revoke', '--issuer', 'ops.pub', ...flags], { cwd });

/** Kept connections, to each worker where there are two. */
const openAll = async (crew: Crew, workers: number): Promise<RawConnection[]> =>
  workers === 2 ? crew.openEach() : [await crew.open()];

/** Asks on each connection until all refuse; gives the milliseconds that took. */
async function untilRefused(connections: readonly RawConnection[], token: string): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const answers = await Promise.all(connections.map((one) => request(one, '/api/v4/brokers', token)));
    if (answers.every(({ status }) => status === 401)) {
      for (const { body } of answers) expect(JSON.parse(body).reason).toBe('token_revoked');
      return performance.now() - begun;
    }
    if (performance.now() - begun > DEADLINE_MS) throw new Error('it is still accepted');
  }
}

describe.each([1, 2])('with %i processes that serve', (workers) => {
  const settings = { guard: `workers = ${workers}` };

  it('each way to name a token refuses it within a second, and no other', async () => {
    const crew = await startCrew(settings);
    const connections = await openAll(crew, workers);
    const other = mintToken(OPS, { sub: 'other', jti: 'other' });
    const byFile = mintToken(OPS, { sub: 'thief' });
    crew.write('stolen.jwt', byFile);
    const cases: [string, string[]][] = [
      [mintToken(OPS, { jti: '7' }), ['--jti', '7']],
      [mintToken(OPS, { sub: 'grafana' }), ['--subject', 'grafana']],
      [byFile, ['--token-file', 'stolen.jwt']],
      [mintToken(OPS, { iat: 1_700_000_000 }), ['--before', '1700000001']],
    ];
    for (const [token, flags] of cases) {
      // It is remembered as verified from here on.
      for (const one of connections) expect((await request(one, '/api/v4/brokers', token)).status).toBe(200);
      expect((await revoke(crew.cwd, ...flags)).code).toBe(0);
      expect(await untilRefused(connections, token)).toBeLessThan(WITHIN_MS);
      for (const one of connections) expect((await request(one, '/api/v4/brokers', other)).status).toBe(200);
    }
    const { stdout } = await crew.program.stop();
    const records = readAllRecords(stdout);
    expect(records.filter(({ type }) => type === 'revocation')).toHaveLength(4);
    expect(records).toContainEqual(
      expect.objectContaining({ type: 'revocation', issuer: 'ops.pub', token_id: '7' }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ type: 'audit', reason: 'token_revoked', token_id: '7', outcome: 'denied' }),
    );
  });

  it('whoever revokes is killed between the disk and the answer: it holds, and after kill -9 of the guard too', async () => {
    const crew = await startCrew(settings);
    const connections = await openAll(crew, workers);
    const token = mintToken(OPS, { jti: '7' });
    const hook = pathToFileURL(join(ROOT, 'test/support/killed-before-answer.mjs')).href;
    const args = ['--import', hook, MAIN, 'revoke', '--issuer', 'ops.pub', '--jti', '7'];
    const killed = await startProcess(process.execPath, args, { cwd: crew.cwd }).ended;
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(killed.stderr.trim().split('\n')).toEqual(['write', 'sync file', 'sync directory', 'answer']);
    expect(await untilRefused(connections, token)).toBeLessThan(WITHIN_MS);
    await crew.program.stop('SIGKILL');
    const next = await startCrewIn(crew.cwd, crew.upstream);
    expect((await next.ask('/api/v4/brokers', token)).status).toBe(401);
    expect((await next.ask()).status).toBe(200);
  });
});

it('a worker that takes the place of another knows what is revoked', async () => {
  const crew = await startCrew();
  const token = mintToken(OPS, { jti: '7' });
  await revoke(crew.cwd, '--jti', '7');
  await untilRefused(await crew.openEach(), token);
  await crew.replace(crew.pids);
  await untilRefused(await crew.openEach(), token);
});

it('a torn last line costs nothing before it and nothing after it, at a start and while it runs', async () => {
  const upstream = await openUpstream();
  const torn = '{"issuer":"ops.pub","jti":"1"}\n{"issuer":"ops.p';
  const cwd = makeWorkspace({
    'nanomq.conf': `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", upstream.url = "${upstream.url}" }`,
    'keys/ops.pub': OPS.publicPem,
    'revocations.jsonl': torn,
  });
  const crew = await startCrewIn(cwd, upstream);
  await crew.told(/revocations\.jsonl: the last line is torn: it is no JSON object/);
  expect((await crew.ask('/api/v4/brokers', mintToken(OPS, { jti: '1' }))).status).toBe(401);
  expect((await revoke(cwd, '--jti', '2')).code).toBe(0);
  await untilRefused([await crew.open()], mintToken(OPS, { jti: '2' }));
  expect(readFileSync(join(cwd, 'revocations.jsonl'), 'utf8')).toMatch(/^.*\n\{"issuer":"ops\.p\n.*"2".*\n$/);
});

it('revocations that many processes make while ended ones are thrown out are all in the file and in force', async () => {
  const crew = await startCrew({ guard: 'workers = 1' });
  const file = join(crew.cwd, 'revocations.jsonl');
  const ended = '{"issuer":"ops.pub","jti":"old","until":5}\n'.repeat(1500);
  writeFileSync(file, ended);
  // Each of them finds enough that has ended to write the file anew, and some are killed at it.
  const runs = Array.from({ length: 12 }, async (_, at) => {
    const program = startProgram(['revoke', '--issuer', 'ops.pub', '--jti', `new-${at}`], { cwd: crew.cwd });
    if (at % 4 === 3) setTimeout(() => program.child.kill('SIGKILL'), 400 + 40 * at);
    else
      setTimeout(
        () => appendFileSync(file, '{"issuer":"ops.pub","jti":"old","until":5}\n'.repeat(200)),
        300 + 30 * at,
      );
    return { jti: `new-${at}`, ...(await program.ended) };
  });
  const answered = (await Promise.all(runs)).filter(({ stdout }) => stdout.startsWith('revoked'));
  expect(answered.length).toBeGreaterThanOrEqual(9);
  const text = readFileSync(file, 'utf8');
  expect(answered.filter(({ jti }) => !text.includes(`"${jti}"`))).toEqual([]);
  const connection = await crew.open();
  for (const { jti } of answered) await untilRefused([connection], mintToken(OPS, { jti }));
});

it('a file that goes away is said to be gone, through a reload too, and what is known goes on counting', async () => {
  const crew = await startCrew({ guard: 'workers = 1' });
  const token = mintToken(OPS, { jti: '7' });
  await revoke(crew.cwd, '--jti', '7');
  const connection = await crew.open();
  await untilRefused([connection], token);
  rmSync(join(crew.cwd, 'revocations.jsonl'));
  await crew.told(/the revocations file \S+ is gone: what is known to be revoked stays so/);
  await crew.reload(readFileSync(join(crew.cwd, 'nanomq.conf'), 'utf8'));
  expect((await request(connection, '/api/v4/brokers', token)).status).toBe(401);
});

it('a file that cannot be read stops the start, with one sentence', async () => {
  const cwd = makeWorkspace({
    'nanomq.conf':
      'guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", upstream.url = "http://127.0.0.1:1" }',
    'keys/ops.pub': OPS.publicPem,
    'revocations.jsonl/x': '',
  });
  const said =
    /guard\.revocations\.file: "\S+revocations\.jsonl" cannot be used \(It is a directory, not a regular file\)/;
  const started = await runProgram(['serve'], { cwd });
  expect(started).toMatchObject({ code: 2, stderr: expect.stringMatching(said) });
  expect(await runProgram(['check'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(said),
  });
});

it('MQTT clients at the embedded broker are cut off when their token is revoked, and when its key goes', async () => {
  const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
  const program = startProgram(['serve', '--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'], {
    cwd,
  });
  onTestFinished(async () => {
    await program.stop('SIGKILL');
  });
  await announcedPorts(program);
  const [, url = ''] = await program.told(/MQTT clients: (mqtt:\/\/\S+)/);
  const join_ = async (claims: object) => {
    const client = await connectAsync(url, {
      username: 'u',
      password: mintToken(OPS, { ...claims }),
      reconnectPeriod: 0,
    });
    onTestFinished(() => client.endAsync(true));
    return {
      client,
      closed: new Promise<number>((resolve) => client.once('close', () => resolve(performance.now()))),
    };
  };
  const [stolen, good] = [await join_({ jti: '7' }), await join_({ jti: '8' })];
  expect((await revoke(cwd, '--jti', '7')).code).toBe(0);
  const answered = performance.now();
  expect((await stolen.closed) - answered).toBeLessThan(WITHIN_MS);
  await expect(join_({ jti: '7' })).rejects.toMatchObject({ code: 5 });
  await good.client.publishAsync('a', 'x', { qos: 1 });
  rmSync(join(cwd, 'keys/ops.pub'));
  const removed = performance.now();
  expect((await good.closed) - removed).toBeLessThan(WITHIN_MS);
});
