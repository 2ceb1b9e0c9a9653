// From a file and flags to Settings, or to every problem at once. The one place that reads the environment.
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { Failure, type Problem, SettingsFailure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readIncludeFile } from '../hocon/include.ts';
import { readSettingsText } from '../hocon/keyvalue.ts';
import type { Conflict, HoconDocument, HoconObject } from '../hocon/value.ts';
import { listCombinationProblems } from './combinations.ts';
import { applyOverrides, type Overrides, placeOverrides } from './overrides.ts';
import { type FindPlace, findMisspelledBlocks, toProblems } from './problems.ts';
import { guardSchema, httpServerSchema } from './schema.ts';
import { buildSettings, type Settings, selectUrl } from './settings.ts';

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

const ADVICE = new Map([
  ['ENOENT', 'does not exist: copy nanomq.conf.example there, or name another file with --config'],
  ['EACCES', 'cannot be read by this user: change its owner or mode'],
]);

function readFile(path: string): string {
  let why = ADVICE.get('ENOENT');
  try {
    const text = readIncludeFile(path);
    if (text !== undefined) return text;
  } catch (error) {
    why = ADVICE.get(codeOf(error)) ?? `cannot be read (${(error as Error).message})`;
  }
  throw new Failure('settings_unreadable', `the settings file ${path} ${why}`);
}

function buildFrom(document: HoconDocument, overrides: Overrides, baseDirectory: string): Settings {
  const find: FindPlace = (path) => placeOverrides(overrides, path) ?? document.positionOf(path);
  const guard = parseBlock(guardSchema, applyOverrides(document.root.guard ?? {}, overrides));
  const httpServer = parseBlock(httpServerSchema, readHttpServer(document));
  const combination = {
    guard: guard.data,
    httpServer: httpServer.data,
    url: selectUrl(guard.data, httpServer.data),
  };
  const faulty = [...listFaulty('guard', guard.issues), ...listFaulty('http_server', httpServer.issues)];
  const problems: Problem[] = [
    ...findMisspelledBlocks(Object.keys(document.root), find),
    ...document.conflicts.filter(({ path }) => path[0] === 'http_server').map(describeConflict),
    ...toProblems('guard', guard.issues, find),
    ...toProblems('http_server', httpServer.issues, find),
    ...listCombinationProblems(combination, faulty, find),
  ];
  if (problems.length > 0) throw new SettingsFailure(problems.sort(comparePlaces));
  return buildSettings(guard.data, httpServer.data, find, baseDirectory);
}

/** In the order of the file. */
const comparePlaces = (one: Problem, other: Problem): number =>
  (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);

/** What a schema reads from a block. Wrong values are left out, so that the rules about combinations see the rest. */
function parseBlock<T extends z.ZodType>(
  schema: T,
  block: unknown,
): { data: z.output<T>; issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(block, { reportInput: true });
  if (parsed.success) return { data: parsed.data, issues: [] };
  const { issues } = parsed.error;
  const sound = issues.flatMap(listFaultyPaths).reduce(omit, block);
  const rest = schema.safeParse(sound ?? {});
  return { data: rest.success ? rest.data : schema.parse({}), issues };
}

const listFaultyPaths = (issue: z.core.$ZodIssue): string[][] => {
  const path = issue.path.map(String);
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
};

/** The value without what stands at `path`; without its block where the fault is that nothing stands there. */
function omit(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  if (!Object.hasOwn(value, name)) return rest.length === 0 ? undefined : value;
  const { [name]: member, ...others } = value as Record<string, unknown>;
  const sound = rest.length === 0 ? undefined : omit(member, rest);
  return sound === undefined ? others : { ...others, [name]: sound };
}

/** The settings whose own values are wrong, dotted; an unknown name is nobody's value. */
function listFaulty(block: string, issues: readonly z.core.$ZodIssue[]): string[] {
  return issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path }) => [block, ...path.map(String)].join('.'));
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
