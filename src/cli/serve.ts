// `broker-guard serve`: starts the guard and stays until it is told to stop.
import { loadSettings } from '../config/load.ts';
import { Failure } from '../failure.ts';
import type { RunningGuard } from '../lifecycle.ts';
import { runGuard } from './run-guard.ts';
import { findSettingsFile, readSettings, type SettingsFlags } from './settings-source.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export async function runServe(terminal: Terminal, flags: SettingsFlags): Promise<ExitCode> {
  const file = findSettingsFile(flags);
  if (file === undefined && flags.upstream === undefined) {
    // Loaded in this mode only: a guard in front of a real broker has no MQTT broker inside.
    const { serveEmbedded } = await import('./serve-embedded.ts');
    return serveEmbedded(terminal, flags);
  }
  return runGuard(terminal, readSettings(flags), {
    onReload: (guard) => (file === undefined ? undefined : reload(guard, file, flags, terminal)),
  });
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
