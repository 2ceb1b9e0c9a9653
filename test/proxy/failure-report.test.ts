// What the operator reads when calls to the broker fail: the cause, once in a while, and nothing of the client's.
import { describe, expect, it } from 'vitest';
import { createFailureReport } from '../../src/proxy/failure-report.ts';
import { LateBodyError, SilenceError } from '../../src/upstream/failures.ts';
import { startPair } from '../support/pair.ts';

const MINUTE_MS = 60_000;

function watchReport() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const report = createFailureReport(
    (line) => void lines.push(line),
    () => clock.ms,
  );
  return { lines, clock, report };
}

const withCode = (code: string) => Object.assign(new Error(`text of ${code}`), { code });

describe('the report of failed calls', () => {
  it('says why the answer of a broker could not be used, once', async () => {
    const pair = await startPair({ respond: () => 'what is this\r\n\r\n' });
    for (let call = 0; call < 3; call++) expect((await pair.ask()).status).toBe(502);
    const said = pair.guard.lines.filter((line) => line.includes('call to the broker'));
    expect(said).toEqual(['a call to the broker failed: the head is malformed (said once a minute at most)']);
  });

  it('says each cause, and the same one again after a minute', () => {
    const { lines, clock, report } = watchReport();
    for (const code of ['ECONNREFUSED', 'CERT_HAS_EXPIRED', 'ECONNREFUSED']) report(withCode(code));
    expect(lines).toHaveLength(2);
    clock.ms = MINUTE_MS - 1;
    report(withCode('ECONNREFUSED'));
    expect(lines).toHaveLength(2);
    clock.ms = MINUTE_MS;
    report(withCode('ECONNREFUSED'));
    expect(lines).toHaveLength(3);
  });

  it('says that the broker was silent, and leaves slow callers to the audit trail', () => {
    const { lines, report } = watchReport();
    report(new LateBodyError());
    expect(lines).toEqual([]);
    report(new SilenceError());
    expect(lines[0]).toContain('the broker was silent for too long');
  });
});
