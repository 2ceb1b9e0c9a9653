// What the operator reads when calls to the broker fail: the cause, once in a while, and nothing of the client's.
import { describe, expect, it } from 'vitest';
import { createFailureReport } from '../../src/proxy/failure-report.ts';
import { LateBodyError, SilenceError } from '../../src/upstream/failures.ts';
import { startPair } from '../support/pair.ts';

function watchReport() {
  const lines: string[] = [];
  return { lines, report: createFailureReport((line) => void lines.push(line)) };
}

const withCode = (code: string) => Object.assign(new Error(`text of ${code}`), { code });

describe('the report of failed calls', () => {
  it('says why the answer of a broker could not be used, once', async () => {
    const pair = await startPair({ respond: () => 'what is this\r\n\r\n' });
    for (let call = 0; call < 3; call++) expect((await pair.ask()).status).toBe(502);
    const said = pair.guard.lines.filter((line) => line.includes('call to the broker'));
    expect(said).toEqual(['a call to the broker failed: the head is malformed (said once a minute at most)']);
  });

  it('names system and TLS codes', () => {
    const { lines, report } = watchReport();
    for (const code of ['ECONNREFUSED', 'CERT_HAS_EXPIRED']) report(withCode(code));
    expect(lines).toEqual([
      expect.stringContaining(': ECONNREFUSED ('),
      expect.stringContaining(': CERT_HAS_EXPIRED ('),
    ]);
  });

  it('says that the broker was silent, and leaves slow callers to the audit trail', () => {
    const { lines, report } = watchReport();
    report(new LateBodyError());
    expect(lines).toEqual([]);
    report(new SilenceError());
    expect(lines[0]).toContain('the broker was silent for too long');
  });
});
