// Attack: have a record hidden behind half a line, where a full disk or a crash has cut one.
// Rule: a record begins on a line of its own, whatever is in the file it goes to.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/observe/audit/log.ts';
import { openAuditOutput } from '../../src/observe/audit/output.ts';
import { until } from '../support/guard.ts';
import { makeWorkspace } from '../support/workspace.ts';

const STOP = { type: 'stop', time: '2026-01-01T00:00:00.000Z', pid: 1 } as const;
const LINE = `${JSON.stringify(STOP)}\n`;
const open = (file: string) => openAuditLog({ fd: openAuditOutput(file), report: () => undefined });

describe('a file that ends within a line', () => {
  it('has the first record of the next guard on a line of its own', async () => {
    const file = join(makeWorkspace({ 'audit.log': `${LINE}{"type":"au` }), 'audit.log');
    const log = open(file);
    log.write(STOP);
    await log.close();
    expect(readFileSync(file, 'utf8')).toBe(`${LINE}{"type":"au\n${LINE}`);
  });

  it('has the next record on a line of its own where it is only opened again', async () => {
    const file = join(makeWorkspace({ 'audit.log': '' }), 'audit.log');
    const log = open(file);
    log.write(STOP);
    await until(() => readFileSync(file, 'utf8') === LINE, 'the first record');
    writeFileSync(file, 'half a li', { flag: 'a' });
    log.use(openAuditOutput(file));
    log.write(STOP);
    await log.close();
    expect(readFileSync(file, 'utf8')).toBe(`${LINE}half a li\n${LINE}`);
  });

  it('is what it looks like: an empty or whole one has no line break more', async () => {
    const file = join(makeWorkspace({ 'audit.log': '' }), 'audit.log');
    for (const round of [1, 2]) {
      const log = open(file);
      log.write(STOP);
      await log.close();
      expect(readFileSync(file, 'utf8')).toBe(LINE.repeat(round));
    }
  });
});
