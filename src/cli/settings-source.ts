// Which settings a command works with: the named file, nanomq.conf beside it where there is one, or defaults.
import { existsSync } from 'node:fs';
import {
  defaultSettings,
  inspectDefaults,
  inspectSettings,
  loadSettings,
  type SettingsReading,
} from '../config/load.ts';
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

/** Whether `serve` would start the embedded broker: neither a file nor a flag says where another one is. */
export function meansEmbedded(flags: SettingsFlags): boolean {
  return findSettingsFile(flags) === undefined && flags.upstream === undefined;
}

export function readSettings(flags: SettingsFlags): Settings {
  const file = findSettingsFile(flags);
  return file === undefined ? defaultSettings(flags) : loadSettings(file, flags);
}

/** The embedded broker is not there yet; its address is its own business. */
const EMBEDDED = { url: 'unix:embedded', username: '', password: '' };

/** @throws Failure where the file cannot be read */
export function inspectSource(flags: SettingsFlags): SettingsReading {
  const file = findSettingsFile(flags);
  if (file !== undefined) return inspectSettings(file, flags);
  return inspectDefaults(flags, meansEmbedded(flags) ? EMBEDDED : undefined);
}
