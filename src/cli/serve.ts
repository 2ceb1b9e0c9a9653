// `broker-guard serve`: chooses what to guard, the broker of the settings or an embedded one.
import { reloadSettings } from '../config/load.ts';
import { runGuard } from './run-guard.ts';
import { findSettingsFile, readSettings, type SettingsFlags } from './settings-source.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { describeLeftover } from './trial-pair.ts';

export async function runServe(
  terminal: Terminal,
  flags: SettingsFlags & { embedded?: boolean },
): Promise<ExitCode> {
  // From here on a signal ends the guard in order, even while it starts.
  void terminal.untilStopped();
  const file = findSettingsFile(flags);
  if (flags.embedded === true || (file === undefined && flags.upstream === undefined)) {
    // Loaded in this mode only: a guard in front of a real broker has no MQTT broker inside.
    const { serveEmbedded } = await import('./serve-embedded.ts');
    return serveEmbedded(terminal, flags, file);
  }
  const settings = readSettings(flags);
  const leftover = describeLeftover(settings.keysDirectory);
  if (leftover !== undefined) terminal.report(`warning: ${leftover}`);
  return runGuard(terminal, settings, {
    ...(file !== undefined && { readAgain: () => reloadSettings(file, flags) }),
  });
}
