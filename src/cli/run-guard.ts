// A guard in the foreground: from settings to listening, through signals, to the exit code.

import { formatAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { Failure, formatProblem } from '../failure.ts';
import { listExpiries } from '../listener/certificate-time.ts';
import { formatLogLine, type LogFormat } from '../observe/log-line.ts';
import { type RunningGuard, startGuard } from '../process/start.ts';
import { readTlsFiles } from '../process/tls-files.ts';
import { version } from '../version.ts';
import { AuditFile } from './audit-file.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface RunHooks {
  /** Reads the settings file again; absent where there is none. */
  readonly readAgain?: () => Settings;
  /** Told once the guard listens, before anything is printed. */
  readonly onListening?: (guard: RunningGuard) => void;
  /** Messages to print then; one that ends in a command to copy has it on a line of its own. */
  readonly announce?: (guard: RunningGuard) => readonly string[];
}

/** Runs a guard from settings to signal. */
export async function runGuard(outer: Terminal, settings: Settings, hooks: RunHooks): Promise<ExitCode> {
  const stage: Stage = { isOver: false, logFormat: settings.log.format };
  const terminal = withLog(outer, stage);
  const { report, now } = terminal;
  const file = new AuditFile(settings.audit.file, terminal.isWatched.stdout, report);
  const audit = file.log;
  reportWarnings(settings, terminal);
  const starting = startGuard(settings, audit, report);
  terminal.onReopen(() => file.reopen());
  followReloads(terminal, starting, stage, file, hooks.readAgain);
  const guard = await starting;
  hooks.onListening?.(guard);
  const [scheme, serviceScheme] = [settings.tls, settings.serviceTls].map((tls) => (tls ? 'https' : 'http'));
  report(
    `pid ${terminal.pid} listening on ${scheme}://${formatAddress(guard.listen)}, service on ${serviceScheme}://${formatAddress(guard.service)}`,
  );
  audit.write({
    type: 'start',
    time: toTime(now()),
    version,
    pid: terminal.pid,
    listen: `${scheme}://${formatAddress(guard.listen)}`,
    service: `${serviceScheme}://${formatAddress(guard.service)}`,
    workers: settings.workers,
  });
  for (const line of hooks.announce?.(guard) ?? []) report(line);
  void reportUpstream(guard, settings, stage, report);
  await terminal.untilStopped();
  stage.isOver = true;
  report(`stopping: finishing what runs, at most ${settings.drainMs / 1000} s`);
  await guard.stop();
  audit.write({ type: 'stop', time: toTime(now()), pid: terminal.pid });
  await audit.close();
  const lost = audit.dropped();
  report(lost === 0 ? 'stopped' : `stopped; ${lost} audit records could not be written`);
  return EXIT.done;
}

type Report = Terminal['report'];

interface Stage {
  /** Once a signal has come nothing is read again, and no news of the broker is any use. */
  isOver: boolean;
  /** Of the settings of the moment. */
  logFormat: LogFormat;
}

const toTime = (ms: number): string => new Date(ms).toISOString();

/** A guard runs for a year: what it says has the time before it, unless somebody watches. */
function withLog(terminal: Terminal, stage: Stage): Terminal {
  const isTerminal = terminal.isWatched.stderr;
  const report = (line: string) =>
    terminal.report(formatLogLine(line, { format: stage.logFormat, isTerminal }, terminal.now()));
  return { ...terminal, report };
}

function reportWarnings(settings: Settings, { report, now }: Terminal): void {
  const expiries = listExpiries(readTlsFiles(settings), now());
  for (const warning of [...settings.warnings, ...expiries]) report(`warning: ${formatProblem(warning)}`);
}

/** A broker that is down is no reason not to start: it may come up later. It is one to say so. */
async function reportUpstream(
  guard: RunningGuard,
  { upstream }: Settings,
  stage: Stage,
  report: Report,
): Promise<void> {
  const { upstream: state } = await guard.readiness();
  if (state === 'ok' || state === 'busy' || stage.isOver) return;
  report(
    `warning: the broker at ${upstream.socketPath ?? upstream.origin} gives no usable answer (${state}): check that it runs, and guard.upstream.url or http_server (ip_addr, port, username, password)`,
  );
}

/** Puts changed settings in place at every SIGHUP, one after the other; bad ones change nothing and say so. */
function followReloads(
  terminal: Terminal,
  starting: Promise<RunningGuard>,
  stage: Stage,
  file: AuditFile,
  readAgain: (() => Settings) | undefined,
): void {
  const { onReload, report, now } = terminal;
  const reload = async (): Promise<void> => {
    if (stage.isOver) return;
    if (readAgain === undefined)
      return report('SIGHUP: there is no settings file to read again; keys are followed without it');
    const guard = await starting;
    const settings = readAgain();
    const records = file.prepare(settings.audit.file);
    try {
      await guard.reload(settings);
    } catch (error) {
      records.settle(false);
      throw error;
    }
    records.settle(true);
    stage.logFormat = settings.log.format;
    reportWarnings(settings, terminal);
    report('the settings were read again and are in place');
    file.log.write({ type: 'reload', time: toTime(now()), outcome: 'done' });
    void reportUpstream(guard, settings, stage, report);
  };
  const refuse = (error: unknown): void => {
    const message = explain(error);
    report(`the settings stay as they were:\n${message}`);
    file.log.write({ type: 'reload', time: toTime(now()), outcome: 'refused', message });
    // Whoever has moved the file away wants it anew, whatever the settings say.
    file.reopen();
  };
  // A start that fails is told by whoever waits for it.
  let last: Promise<void> = starting.then(
    () => undefined,
    () => undefined,
  );
  onReload(() => {
    last = last.then(reload).catch(refuse);
  });
}

function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? `the guard failed: ${error.stack}` : 'the guard failed';
}
