// Which settings a command works with: the named file, nanomq.conf beside it where there is one, or defaults.
import { existsSync } from 'node:fs';
import { defaultSettings, loadSettings } from '../config/load.ts';
import type { Overrides } from '../config/overrides.ts';
import type { Settings } from '../config/settings.ts';

export interface SettingsFlags extends Overrides {
  readonly config?: string;
}

const DEFAULT_FILE = 'nanomq.conf';

/** The settings file a command line means; undefined where it names none and the usual one is absent. */
export function findSettingsFile(flags: SettingsFlags): string | undefined {
  return flags.config ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
}

export function readSettings(flags: SettingsFlags): Settings {
  const file = findSettingsFile(flags);
  return file === undefined ? defaultSettings(flags) : loadSettings(file, flags);
}
