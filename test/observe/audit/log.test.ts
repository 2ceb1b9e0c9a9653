// The sink of the audit trail: JSON lines in order, and a broken sink that never stops the guard.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAuditLog } from '../../../src/observe/audit/log.ts';
import { toAuditRecord } from '../../../src/observe/audit/record.ts';
import { until } from '../../support/guard.ts';

const record = (id: string) =>
  toAuditRecord({
    id,
    startedAtMs: 1_700_000_000_000,
    durationMs: 1.23456,
    client: '127.0.0.1',
    method: 'GET',
    path: '/api/v4',
    action: 'read',
    principal: {
      issuer: 'ops.pub',
      subject: 'line\nend "quoted" \u2028',
      thumbprint: 't',
      bodyEncode: 0,
      tokenId: undefined,
    },
    denial: undefined,
    completed: true,
    status: 200,
    upstreamStatus: 200,
    upstreamCode: 0,
    upstreamMs: 1,
    target: undefined,
    bytesIn: 0,
    bytesOut: 2,
  });

/** JSON leaves this line end as it is. */
const toLine = (value: object) => JSON.stringify(value).replaceAll('\u2028', String.raw`\u2028`);

function openFile() {
  const directory = mkdtempSync(join(tmpdir(), 'broker-guard-audit-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'audit.log');
  return { path, fd: openSync(path, 'w') };
}

describe('the audit log', () => {
  it('writes one JSON line a record, in order', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog(fd, () => undefined);
    for (let at = 0; at < 100; at++) log.write(record(`id-${at}`));
    const read = () => readFileSync(path, 'utf8');
    await until(() => read().endsWith('\n') && read().split('\n').length === 101, 'a hundred lines');
    const lines = read()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.request_id)).toEqual(Array.from({ length: 100 }, (_, at) => `id-${at}`));
    expect(lines[0]).toEqual({
      type: 'audit',
      time: '2023-11-14T22:13:20.000Z',
      request_id: 'id-0',
      client: '127.0.0.1',
      issuer: 'ops.pub',
      subject: 'line\nend "quoted" \u2028',
      key: 't',
      method: 'GET',
      path: '/api/v4',
      action: 'read',
      outcome: 'allowed',
      status: 200,
      upstream_status: 200,
      upstream_code: 0,
      bytes_in: 0,
      bytes_out: 2,
      duration_ms: 1.235,
      upstream_ms: 1,
    });
    expect(log.dropped()).toBe(0);
  });

  it('passes on the lines of other processes as they are, in order with its own', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog(fd, () => undefined);
    log.write(record('own'));
    log.relay('{"request_id":"another\'s \u2028 ä"}\n');
    log.write(record('own again'));
    await log.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toEqual([
      toLine(record('own')),
      '{"request_id":"another\'s \u2028 ä"}',
      toLine(record('own again')),
      '',
    ]);
    expect(log.dropped()).toBe(0);
  });

  it('adds what other processes have lost to what it has lost itself, a line of theirs among it', async () => {
    const { fd } = openFile();
    const log = openAuditLog(fd, () => undefined);
    log.countLost(0);
    expect(log.dropped()).toBe(0);
    log.countLost(3);
    log.countLost(4);
    expect(log.dropped()).toBe(7);
    await log.close();
    log.relay('{}\n');
    log.write(record('too late'));
    expect(log.dropped()).toBe(9);
  });

  it('goes on when the disk is full, says so once and counts what it lost', async () => {
    const said: string[] = [];
    const log = openAuditLog(openSync('/dev/full', 'w'), (line) => said.push(line));
    log.write(record('lost'));
    await until(() => log.dropped() > 0, 'the loss to be counted');
    for (let at = 0; at < 50; at++) log.write(record('lost too'));
    await log.close();
    expect(log.dropped()).toBe(51);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('ENOSPC');
  });

  it('holds a bounded amount for a slow reader, and counts what it could not hold', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog(fd, () => undefined);
    const total = 40_000;
    for (let at = 0; at < total; at++) log.write(record(`id-${at}`));
    expect(log.dropped()).toBeGreaterThan(0);
    const kept = total - log.dropped();
    await until(
      () => readFileSync(path, 'utf8').split('\n').length === kept + 1,
      'what was held to be written',
    );
  });

  it('writes out at once what is buffered when it is closed', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog(fd, () => undefined);
    log.write(record('last'));
    await log.close();
    expect(JSON.parse(readFileSync(path, 'utf8')).request_id).toBe('last');
  });

  it('counts what a stuck reader has not taken, to the line, and ends within seconds', async () => {
    const { path } = openFile();
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = openAuditLog(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), () => undefined);
    const total = 2000;
    for (let at = 0; at < total; at++) log.write(record(`id-${at}`));
    const startedAt = performance.now();
    await log.close();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    log.write(record('too late'));
    const taken = Buffer.alloc(1 << 20);
    const whole = taken.subarray(0, readSync(reader, taken)).toString().split('\n').length - 1;
    expect(whole).toBeGreaterThan(0);
    expect(whole + log.dropped()).toBe(total + 1);
    closeSync(reader);
  });
});
