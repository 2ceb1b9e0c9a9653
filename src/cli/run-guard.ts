// A guard in the foreground: from settings to listening, from a signal to the exit code.
import { openAuditLog } from '../audit/log.ts';
import { formatAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { type RunningGuard, startGuard } from '../lifecycle.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

const STDOUT = 1;

export interface RunHooks {
  readonly onReload?: (guard: RunningGuard) => Promise<void> | undefined;
  /** Lines to print once the guard listens. */
  readonly announce?: (guard: RunningGuard) => readonly string[];
}

/** Runs a guard from settings to signal. */
export async function runGuard(terminal: Terminal, settings: Settings, hooks: RunHooks): Promise<ExitCode> {
  const { report } = terminal;
  const audit = openAuditLog(STDOUT, report);
  for (const warning of settings.warnings) report(`warning: ${warning}`);
  const guard = await startGuard(settings, audit, report);
  terminal.onReload(() => void hooks.onReload?.(guard));
  const scheme = settings.tls ? 'https' : 'http';
  report(
    `listening on ${scheme}://${formatAddress(guard.listen)}, service on http://${formatAddress(guard.service)}`,
  );
  for (const line of hooks.announce?.(guard) ?? []) report(line);
  await terminal.untilStopped();
  report(`stopping: finishing what runs, at most ${settings.drainMs / 1000} s`);
  await guard.stop();
  audit.flush();
  const lost = audit.dropped();
  report(lost === 0 ? 'stopped' : `stopped; ${lost} audit records could not be written`);
  return EXIT.done;
}
