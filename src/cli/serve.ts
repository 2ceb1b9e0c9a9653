// `broker-guard serve`: starts the guard and stays until it is told to stop.
import { openAuditLog } from '../audit/log.ts';
import { formatAddress } from '../config/address.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { type RunningGuard, startGuard } from '../lifecycle.ts';
import { findSettingsFile, readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

const STDOUT = 1;

export async function runServe(terminal: Terminal, flags: SettingsFlags): Promise<ExitCode> {
  const file = findSettingsFile(flags);
  if (file === undefined && flags.upstream === undefined) {
    // Loaded in this mode only: a guard in front of a real broker has no MQTT broker inside.
    const { serveEmbedded } = await import('./serve-embedded.ts');
    return serveEmbedded(terminal, flags);
  }
  return serve(terminal, readSettings(flags), {
    onReload: (guard) => (file === undefined ? undefined : reload(guard, file, flags, terminal)),
  });
}

export interface ServeHooks {
  readonly onReload?: (guard: RunningGuard) => Promise<void> | undefined;
  /** Lines to print once the guard listens. */
  readonly announce?: (guard: RunningGuard) => readonly string[];
}

/** Runs a guard from settings to signal. */
export async function serve(terminal: Terminal, settings: Settings, hooks: ServeHooks): Promise<ExitCode> {
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

/** Reads the settings again; a bad file changes nothing and says so. */
async function reload(
  guard: RunningGuard,
  file: string,
  flags: SettingsFlags,
  terminal: Terminal,
): Promise<void> {
  try {
    await guard.reload(loadSettings(file, flags));
    terminal.report('the settings were read again and are in place');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.report(`the settings stay as they were:\n${error.message}`);
  }
}
