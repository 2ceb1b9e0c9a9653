// The audit records of several workers on the one standard output: whole lines, none twice, and none lost uncounted.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/guard.ts';
import { mintToken } from '../../support/issuers.ts';
import { head, OPS, pauseProcess, readRecords, request, startCrew } from './harness.ts';

const LONG = 'p'.repeat(2000);
/** Several bytes a character: a piece of a stream may end within one. */
const SUBJECT = 'ä€😀'.repeat(200);

describe('the audit records of several workers', () => {
  it('come as whole lines, one a request, however long and however busy whoever reads them is', async () => {
    const crew = await startCrew();
    const connections = [...(await crew.openEach()), ...(await crew.openEach())];
    const token = mintToken(OPS, { sub: SUBJECT });
    // All together stay below what the guard holds for a slow reader: none may be lost.
    const rounds = 6;
    const inLine = 40;
    const drive = (name: string) =>
      Promise.all(
        connections.map(async (connection, client) => {
          for (let round = 0; round < rounds; round++) {
            const paths = Array.from(
              { length: inLine },
              (_, at) => `/api/v4/clients/${name}-${client}-${round}-${at}-${LONG}`,
            );
            connection.write(paths.map((path) => head(path, token)).join(''));
            for (const _ of paths) expect((await connection.next()).status).toBe(200);
          }
        }),
      );
    // More than the streams between the processes hold: writes end in the middle of a record.
    crew.program.child.stdout?.pause();
    await drive('unread');
    crew.program.child.stdout?.resume();
    await pauseProcess(crew.pid);
    await drive('unrelayed');
    process.kill(crew.pid, 'SIGCONT');
    const total = 2 * connections.length * rounds * inLine;
    const countLines = () =>
      crew.program
        .stdout()
        .split('\n')
        .filter((line) => line.includes('"GET"')).length;
    await until(() => countLines() >= total, `${total} records`);
    const { stdout, stderr } = await crew.program.stop();
    expect(stderr).toMatch(/\nstopped\n$/);
    const records = readRecords(stdout).filter(({ method }) => method === 'GET');
    expect(records).toHaveLength(total);
    expect(new Set(records.map(({ path }) => path)).size).toBe(total);
    expect(new Set(records.map(({ request_id }) => request_id)).size).toBe(total);
    expect(new Set(records.map(({ request_id }) => String(request_id).split('-')[0])).size).toBe(2);
    for (const { path, subject } of records) {
      expect(String(path).endsWith(`-${LONG}`)).toBe(true);
      expect(subject === SUBJECT).toBe(true);
    }
  });

  it('are either out or counted where the reader of standard output is stuck', async () => {
    const crew = await startCrew();
    const connections = await crew.openEach();
    crew.program.child.stdout?.pause();
    const rounds = 300;
    for (let round = 0; round < rounds; round++) {
      // Refused for its method: a record, and no call to the broker.
      for (const connection of connections)
        expect((await request(connection, `/api/v4/clients/${LONG}`, crew.token, 'OPTIONS')).status).toBe(
          405,
        );
    }
    crew.program.child.kill('SIGTERM');
    const [code] = await once(crew.program.child, 'exit');
    expect(code).toBe(0);
    crew.program.child.stdout?.resume();
    const { stdout, stderr } = await crew.program.ended;
    const [, lost] = /\nstopped; (\d+) audit records could not be written\n$/.exec(stderr) ?? [];
    expect(Number(lost)).toBeGreaterThan(0);
    const whole = stdout.split('\n').slice(0, -1);
    // The guard's own stop is a record too.
    expect(whole.filter((line) => line.includes(LONG)).length + Number(lost)).toBe(2 * rounds + 1);
  });
});
