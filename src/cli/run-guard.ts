// A guard in the foreground: from settings to listening, through signals, to the exit code.

import { formatAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { Failure, formatProblem } from '../failure.ts';
import { describeExpiry, readTls } from '../listener/tls.ts';
import { openAuditLog } from '../observe/audit/log.ts';
import { type RunningGuard, startGuard } from '../process/start.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

const STDOUT = 1;

export interface RunHooks {
  /** Reads the settings file again; absent where there is none. */
  readonly readAgain?: () => Settings;
  /** Told once the guard listens, before anything is printed. */
  readonly onListening?: (guard: RunningGuard) => void;
  /** Lines to print then. */
  readonly announce?: (guard: RunningGuard) => readonly string[];
}

/** Runs a guard from settings to signal. */
export async function runGuard(terminal: Terminal, settings: Settings, hooks: RunHooks): Promise<ExitCode> {
  const { report } = terminal;
  const audit = openAuditLog(STDOUT, report);
  reportWarnings(settings, terminal);
  const starting = startGuard(settings, audit, report);
  const stage = { isOver: false };
  followReloads(terminal, starting, stage, hooks.readAgain);
  const guard = await starting;
  hooks.onListening?.(guard);
  const scheme = settings.tls ? 'https' : 'http';
  report(
    `pid ${terminal.pid} listening on ${scheme}://${formatAddress(guard.listen)}, service on http://${formatAddress(guard.service)}`,
  );
  for (const line of hooks.announce?.(guard) ?? []) report(line);
  void reportUpstream(guard, settings, stage, report);
  await terminal.untilStopped();
  stage.isOver = true;
  report(`stopping: finishing what runs, at most ${settings.drainMs / 1000} s`);
  await guard.stop();
  await audit.close();
  const lost = audit.dropped();
  report(lost === 0 ? 'stopped' : `stopped; ${lost} audit records could not be written`);
  return EXIT.done;
}

type Report = Terminal['report'];

/** Once a signal has come nothing is read again, and no news of the broker is any use. */
interface Stage {
  isOver: boolean;
}

function reportWarnings(settings: Settings, { report, now }: Terminal): void {
  const expiry = describeExpiry(readTls(settings), now());
  const warnings = expiry === undefined ? settings.warnings : [...settings.warnings, expiry];
  for (const warning of warnings) report(`warning: ${formatProblem(warning)}`);
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
  readAgain: (() => Settings) | undefined,
): void {
  const { onReload, report } = terminal;
  const reload = async (): Promise<void> => {
    if (stage.isOver) return;
    if (readAgain === undefined)
      return report('SIGHUP: there is no settings file to read again; keys are followed without it');
    const guard = await starting;
    const settings = readAgain();
    await guard.reload(settings);
    reportWarnings(settings, terminal);
    report('the settings were read again and are in place');
    void reportUpstream(guard, settings, stage, report);
  };
  // A start that fails is told by whoever waits for it.
  let last: Promise<void> = starting.then(
    () => undefined,
    () => undefined,
  );
  onReload(() => {
    last = last
      .then(reload)
      .catch((error: unknown) => report(`the settings stay as they were:\n${explain(error)}`));
  });
}

function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? `the guard failed: ${error.stack}` : 'the guard failed';
}
