// Command-line flags that win over the file, and how a problem names them.
import type { Place } from './problems.ts';

/** Paths are relative to the working directory. */
export interface Overrides {
  readonly listen?: string;
  readonly keysDir?: string;
  readonly upstream?: string;
  readonly serviceListen?: string;
}

/** Each flag with its name on the command line and the setting it stands for, inside `guard { }`. */
const FLAGS: readonly (readonly [keyof Overrides, flag: string, path: readonly string[]])[] = [
  ['listen', '--listen', ['listen']],
  ['keysDir', '--keys-dir', ['keys_dir']],
  ['upstream', '--upstream', ['upstream', 'url']],
  ['serviceListen', '--service-listen', ['service', 'listen']],
];

/** The guard block with the flags in it; what is no block stays as it is, to be refused as such. */
export function applyOverrides(guard: unknown, overrides: Overrides): unknown {
  return FLAGS.reduce((block, [name, , path]) => {
    const value = overrides[name];
    return value === undefined ? block : put(block, path, value);
  }, guard);
}

/** The flag that the value at `path` comes from; undefined where no flag sets it. */
export function placeOverrides(overrides: Overrides, path: readonly string[]): Place | undefined {
  const setting = path.join('.');
  const found = FLAGS.find(
    ([name, , inner]) => `guard.${inner.join('.')}` === setting && overrides[name] !== undefined,
  );
  return found && { file: found[1] };
}

function put(block: unknown, [name, ...rest]: readonly string[], value: string): unknown {
  if (name === undefined) return value;
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return block;
  const members = block as Record<string, unknown>;
  return { ...members, [name]: put(members[name] ?? {}, rest, value) };
}
