// From a file and flags to Settings, or to every problem at once. The one place that reads the environment.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure, type Problem, SettingsFailure } from '../failure.ts';
import { readSettingsText } from './hocon/keyvalue.ts';
import type { Conflict, HoconDocument, HoconObject } from './hocon/value.ts';
import { type FindPlace, toProblems } from './problems.ts';
import { guardSchema, httpServerSchema } from './schema.ts';
import { buildSettings, type Settings } from './settings.ts';

/** Command-line flags that win over the file. Paths are relative to the working directory. */
export interface Overrides {
  readonly listen?: string;
  readonly keysDir?: string;
  readonly upstream?: string;
  readonly serviceListen?: string;
}

/**
 * Reads a settings file.
 * @throws SettingsFailure with every problem; Failure where the file cannot be read
 */
export function loadSettings(file: string, overrides: Overrides = {}): Settings {
  const path = resolve(file);
  const document = readSettingsText(readFile(path), {
    file: path,
    environment: process.env,
    // What other blocks of the broker include (password files, say) is none of the guard's business.
    followsInclude: ([block]) => block === undefined || block === 'guard' || block === 'http_server',
  });
  return buildFrom(document, overrides, dirname(path));
}

/** A broker that no file describes. */
export interface KnownBroker {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The settings of a guard without a file: every default, and the broker where it is known. */
export function defaultSettings(overrides: Overrides = {}, broker?: KnownBroker): Settings {
  const root: HoconObject = Object.create(null);
  if (broker !== undefined) {
    root.guard = { upstream: { url: broker.url } };
    root.http_server = { username: broker.username, password: broker.password };
  }
  return buildFrom(
    { root, positionOf: () => undefined, textOf: () => undefined, conflicts: [] },
    overrides,
    process.cwd(),
  );
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('settings_unreadable', `the settings file ${path} cannot be read (${code})`, {
      cause: error,
    });
  }
}

function buildFrom(document: HoconDocument, overrides: Overrides, baseDirectory: string): Settings {
  const find: FindPlace = (path) => document.positionOf(path);
  const guard = guardSchema.safeParse(applyOverrides(document.root.guard ?? {}, overrides), {
    reportInput: true,
  });
  const httpServer = httpServerSchema.safeParse(readHttpServer(document), { reportInput: true });
  const problems: Problem[] = [
    ...document.conflicts.filter(({ path }) => path[0] === 'http_server').map(describeConflict),
    ...(guard.error ? toProblems('guard', guard.error.issues, find) : []),
    ...(httpServer.error ? toProblems('http_server', httpServer.error.issues, find) : []),
  ];
  if (!guard.success || !httpServer.success) throw new SettingsFailure(problems);
  const built = buildSettings(guard.data, httpServer.data, find, baseDirectory);
  problems.push(...built.problems);
  if (problems.length > 0) throw new SettingsFailure(problems);
  return built.settings;
}

/** A password that looks like a number (`1e3`, `1.10`) is meant as it is written. */
function readHttpServer(document: HoconDocument): unknown {
  const block = document.root.http_server ?? {};
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return block;
  const written = (name: string) => document.textOf(['http_server', name]) ?? block[name];
  return { ...block, username: written('username'), password: written('password') };
}

/** The broker takes the first of two values and HOCON the last: the guard must not guess which is meant. */
function describeConflict({ path, first, second }: Conflict): Problem {
  const name = path.join('.');
  return {
    message: `${name} is set again, after ${first.file}:${first.line}:${first.column}. The broker takes the first value, HOCON the last: keep one`,
    ...second,
  };
}

function applyOverrides(guard: unknown, flags: Overrides): unknown {
  if (typeof guard !== 'object' || guard === null || Array.isArray(guard)) return guard;
  const block = guard as Record<string, unknown>;
  const inner = (name: string, key: string, value: string | undefined) =>
    value === undefined ? {} : { [name]: { ...(block[name] as object | undefined), [key]: value } };
  return {
    ...block,
    ...(flags.listen !== undefined && { listen: flags.listen }),
    ...(flags.keysDir !== undefined && { keys_dir: resolve(flags.keysDir) }),
    ...inner('upstream', 'url', flags.upstream),
    ...inner('service', 'listen', flags.serviceListen),
  };
}
