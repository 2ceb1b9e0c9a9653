// A guard for tests: real settings file, real keys directory, real sockets, its records in an array.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.ts';
import type { EventRecord } from '../../src/observe/audit/event.ts';
import type { AuditRecord } from '../../src/observe/audit/record.ts';
import { type RunningGuard, startGuard } from '../../src/process/start.ts';
import { type KeptRecords, keepRecords } from './audit.ts';
import { watchOutput } from './secrets.ts';
import { DEADLINE_MS } from './wait-for.ts';

export interface TestGuard {
  readonly port: number;
  readonly servicePort: number;
  readonly directory: string;
  readonly keysDirectory: string;
  readonly records: AuditRecord[];
  readonly events: EventRecord[];
  readonly audit: KeptRecords;
  readonly lines: string[];
  readonly running: RunningGuard;
  stop(): Promise<void>;
}

export interface TestGuardOptions {
  readonly upstreamUrl: string;
  /** File name -> text, in the keys directory. */
  readonly keys: Readonly<Record<string, string>>;
  /** Further lines inside `guard { }`. */
  readonly guard?: string;
  /** Further lines inside `http_server { }`. */
  readonly httpServer?: string;
}

export const BROKER_PASSWORD = 'the-brokers-own-password';

/** Tests ask again and again until something is so: nobody has to wait for refusals, unless a test says so. */
export function writeSettings(directory: string, options: TestGuardOptions): string {
  const file = join(directory, 'nanomq.conf');
  writeFileSync(
    file,
    `http_server {\n username = broker\n password = "${BROKER_PASSWORD}"\n ${options.httpServer ?? ''}\n}\n` +
      `guard {\n listen = "127.0.0.1:0"\n service.listen = "127.0.0.1:0"\n` +
      ` limits.failures = none\n upstream.url = "${options.upstreamUrl}"\n ${options.guard ?? ''}\n}\n`,
  );
  return file;
}

export async function startTestGuard(options: TestGuardOptions): Promise<TestGuard> {
  const directory = mkdtempSync(join(tmpdir(), 'broker-guard-test-'));
  const keysDirectory = join(directory, 'keys');
  mkdirSync(keysDirectory, { mode: 0o700 });
  for (const [name, text] of Object.entries(options.keys)) writeFileSync(join(keysDirectory, name), text);
  const lines: string[] = [];
  const audit = keepRecords();
  const settings = loadSettings(writeSettings(directory, options));
  const running = await startGuard(settings, audit, (line) => lines.push(line));
  let isOver = false;
  watchOutput(
    {
      what: 'a guard',
      printed: () => JSON.stringify([audit.records, audit.events, lines]),
      isOver: () => isOver,
    },
    directory,
  );
  const portOf = (address: RunningGuard['listen']) => (address.kind === 'tcp' ? address.port : 0);
  return {
    port: portOf(running.listen),
    servicePort: portOf(running.service),
    directory,
    keysDirectory,
    records: audit.records,
    events: audit.events,
    audit,
    lines,
    running,
    async stop() {
      await running.stop();
      isOver = true;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Waits for a condition, asking again and again.
 * @param what is awaited; a function says as well what there is instead when the time is over
 */
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end)
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
