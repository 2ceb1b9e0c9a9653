// The sink of the audit trail: JSON lines in order, and a broken sink that never stops the guard.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAuditLog } from '../../../src/observe/audit/log.ts';
import { toAuditRecord } from '../../../src/observe/audit/record.ts';
import { openSink } from '../../../src/observe/audit/sink.ts';
import { until } from '../../support/guard.ts';

const record = (id: string) =>
  toAuditRecord({
    id,
    startedAtMs: 1_700_000_000_000,
    durationMs: 1.23456,
    client: '127.0.0.1',
    method: 'GET',
    path: '/api/v4',
    action: { name: 'endpoints.list', class: 'read' },
    grant: undefined,
    target: undefined,
    principal: {
      issuer: 'ops.pub',
      subject: 'line\nend "quoted" \u2028',
      thumbprint: 't',
      bodyEncode: 0,
      issuedAt: -Infinity,
      tokenDigest: '',
      tokenId: undefined,
    },
    denial: undefined,
    completed: true,
    status: 200,
    upstreamStatus: 200,
    upstreamCode: 0,
    upstreamMs: 1,
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

/** How many bytes could be taken out of a pipe. */
function readAll(pipe: number): number {
  try {
    return readSync(pipe, Buffer.alloc(1 << 17));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

describe('the audit log', () => {
  it('writes one JSON line a record, in order', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog({ fd, report: () => undefined });
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
      action: 'endpoints.list',
      class: 'read',
      grant: undefined,
      target: undefined,
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
    const log = openAuditLog({ fd, report: () => undefined });
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
    const log = openAuditLog({ fd, report: () => undefined });
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
    const log = openAuditLog({ fd: openSync('/dev/full', 'w'), report: (line) => said.push(line) });
    log.write(record('lost'));
    await until(() => log.dropped() > 0, 'the loss to be counted');
    for (let at = 0; at < 50; at++) log.write(record('lost too'));
    await log.close();
    expect(log.dropped()).toBe(51);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('ENOSPC');
  });

  it('begins a new line after a torn one, counts the torn one once, and says when it works again', async () => {
    const { path } = openFile();
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    const said: string[] = [];
    const sink = openSink({
      fd,
      close: () => undefined,
      onState: () => undefined,
      maxWaitingBytes: 1 << 20,
      onError: (code) => said.push(code),
      onRecovery: (lost) => said.push(`works again, ${lost} lost`),
    });
    // The pipe takes 64 KiB at a time: its reader is gone in the middle of this line, and comes back.
    sink.write(`${'a'.repeat(1_000_000)}\n`);
    await until(() => readAll(reader) > 0, 'the line to begin');
    closeSync(reader);
    await until(() => sink.lost() === 1, 'the loss to be counted');
    sink.write('lost too\n');
    await until(() => sink.lost() === 2, 'the next loss to be counted');
    const again = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    sink.write('whole\n');
    await sink.close();
    const taken = Buffer.alloc(100);
    expect(taken.subarray(0, readSync(again, taken)).toString()).toBe('\nwhole\n');
    expect(said).toEqual(['EPIPE', 'works again, 2 lost']);
    expect(sink.lost()).toBe(2);
    closeSync(again);
    closeSync(fd);
  });

  it('writes a line within moments, also where a slow reader has held up the one before', async () => {
    const { path } = openFile();
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    const sink = openSink({
      fd,
      close: () => undefined,
      onState: () => undefined,
      maxWaitingBytes: 1 << 20,
      onError: () => undefined,
      onRecovery: () => undefined,
    });
    const total = 300_000;
    sink.write(`${'a'.repeat(total - 1)}\n`);
    let taken = 0;
    await until(() => {
      taken += readAll(reader);
      return taken === total;
    }, 'the long line');
    sink.write('next\n');
    await until(() => readAll(reader) === 'next\n'.length, 'the next line, without being closed');
    await sink.close();
    closeSync(reader);
    closeSync(fd);
  });

  it('begins no new line where the last line is whole', async () => {
    const { path, fd } = openFile();
    const sink = openSink({
      fd,
      close: () => undefined,
      onState: () => undefined,
      maxWaitingBytes: 100,
      onError: () => undefined,
      onRecovery: () => undefined,
    });
    sink.write('one\n');
    await until(() => readFileSync(path, 'utf8') === 'one\n', 'the first line');
    sink.write('two\n');
    await sink.close();
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('goes on in whole lines on a small disk that fills up and gets room again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'broker-guard-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return console.warn('SKIPPED: no right to mount a small disk');
    }
    onTestFinished(() => void execFileSync('umount', [folder]));
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(4096));
    const fd = openSync(join(folder, 'audit.log'), 'a');
    const said: string[] = [];
    const log = openAuditLog({ fd, report: (line) => said.push(line) });
    const total = 40;
    for (let at = 0; at < total / 2; at++) log.write(record(`id-${at}`));
    await until(() => log.dropped() > 0, 'the disk to be full');
    rmSync(join(folder, 'ballast'));
    for (let at = total / 2; at < total / 2 + 5; at++) log.write(record(`id-${at}`));
    await log.close();
    closeSync(fd);
    const lines = readFileSync(join(folder, 'audit.log'), 'utf8').trimEnd().split('\n');
    const isWhole = (line: string) => line.startsWith('{') && line.endsWith('}');
    expect(lines.filter((line) => !isWhole(line))).toHaveLength(1);
    expect(lines.filter(isWhole).length + log.dropped()).toBe(total / 2 + 5);
    expect(said).toEqual([
      'audit records cannot be written (ENOSPC); the guard goes on without, unless guard.audit.required says otherwise',
      `audit records are written again; ${log.dropped()} are lost`,
    ]);
  });

  it('holds a bounded amount for a slow reader, and counts what it could not hold', async () => {
    const { path, fd } = openFile();
    const log = openAuditLog({ fd, report: () => undefined });
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
    const log = openAuditLog({ fd, report: () => undefined });
    log.write(record('last'));
    await log.close();
    expect(JSON.parse(readFileSync(path, 'utf8')).request_id).toBe('last');
  });

  it('counts what a stuck reader has not taken, to the line, and ends within seconds', async () => {
    const { path } = openFile();
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = openAuditLog({
      fd: openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK),
      report: () => undefined,
    });
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
