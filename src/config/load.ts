// From a file and flags to Settings, or to every problem at once. The one place that reads the environment.
import { basename, dirname, resolve } from 'node:path';
import { Failure, type Problem, SettingsFailure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { readIncludeFile } from '../hocon/include.ts';
import { readSettingsText } from '../hocon/settings-text.ts';
import { type Conflict, type HoconDocument, HoconError, type HoconObject } from '../hocon/value.ts';
import { parseBlock } from './block.ts';
import { isReadFromBroker, listBrokerWarnings } from './broker-view.ts';
import { listCombinationProblems, listUnsafe } from './combinations.ts';
import { readHooks } from './hooks-reader.ts';
import { placeHttpServer, readHttpServer } from './http-server.ts';
import { readMqtt } from './mqtt-reader.ts';
import { applyOverrides, type Overrides, placeOverrides } from './overrides.ts';
import { readPolicyBlock } from './policy-block.ts';
import { BLOCKS, comparePlaces, type FindPlace, findMisspelledBlocks, toProblems } from './problems.ts';
import { guardSchema, type HttpServerBlock, httpServerSchema } from './schema.ts';
import {
  buildSettings,
  locateFrom,
  type NamedFiles,
  nameFiles,
  type Settings,
  selectUrl,
} from './settings.ts';

/** All that a file and flags say. */
export interface SettingsReading {
  /** Why no guard starts with it, in the order of the file. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Absent where there are problems. */
  readonly settings: Settings | undefined;
  /** What is named and could be looked at in any case; undefined where it is not known. */
  readonly files: Partial<NamedFiles>;
  readonly find: FindPlace;
}

/**
 * Reads a settings file.
 * @throws SettingsFailure with every problem; Failure where the file cannot be read
 */
export function loadSettings(file: string, overrides: Overrides = {}): Settings {
  return insist(inspectSettings(file, overrides));
}

/**
 * Reads a settings file again, for a guard that runs. One that says nothing is not a wish for every default: whoever
 * writes a file in its place begins by emptying it.
 * @throws Failure, as `loadSettings` does
 */
export function reloadSettings(file: string, overrides: Overrides = {}): Settings {
  const reading = inspectSettings(file, overrides);
  const settings = insist(reading);
  if (BLOCKS.some((block) => reading.find([block]) !== undefined)) return settings;
  throw new Failure('settings_invalid', `${resolve(file)} holds neither ${BLOCKS.join(' nor ')}`);
}

/**
 * Reads a settings file without insisting that it is good.
 * @throws Failure where the file cannot be read
 */
export function inspectSettings(file: string, overrides: Overrides = {}): SettingsReading {
  const path = resolve(file);
  const text = readFile(path);
  try {
    const document = readSettingsText(text, {
      file: path,
      environment: process.env,
      wantedBlocks: BLOCKS,
    });
    return read(document, overrides, dirname(path), true);
  } catch (error) {
    if (!(error instanceof HoconError)) throw error;
    return { problems: [error.problem], warnings: [], settings: undefined, files: {}, find: () => undefined };
  }
}

/** A broker that no file describes. */
export interface KnownBroker {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The settings of a guard without a file: every default, and the broker where it is known. */
export function defaultSettings(overrides: Overrides = {}, broker?: KnownBroker): Settings {
  return insist(inspectDefaults(overrides, broker));
}

/** The same without insisting that the flags are good. */
export function inspectDefaults(overrides: Overrides = {}, broker?: KnownBroker): SettingsReading {
  const root: HoconObject = Object.create(null);
  if (broker !== undefined) {
    root.guard = { upstream: { url: broker.url } };
    root.http_server = { username: broker.username, password: broker.password };
  }
  const nowhere = () => undefined;
  const places = { positionOf: nowhere, textOf: nowhere, sourceOf: nowhere };
  const document = { root, ...places, conflicts: [], form: 'hocon', problems: [], notes: [] } as const;
  return read(document, overrides, process.cwd(), false);
}

function insist({ settings, problems }: SettingsReading): Settings {
  if (settings === undefined) throw new SettingsFailure(problems);
  return settings;
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

function read(
  document: HoconDocument,
  overrides: Overrides,
  baseDirectory: string,
  isFile: boolean,
): SettingsReading {
  const find: FindPlace = (path) => placeOverrides(overrides, path) ?? placeHttpServer(document, path);
  const guardBlock = parseBlock(guardSchema, applyOverrides(document.root.guard ?? {}, overrides));
  const httpServerBlock = parseBlock(httpServerSchema, readHttpServer(document));
  const [guard, httpServer] = [guardBlock.data, httpServerBlock.data];
  const { mqtt: block, insecure_jwks_endpoint: acceptsInsecureJwks } = guard;
  const mqtt = readMqtt({ block, acceptsInsecureJwks, find, baseDirectory });
  const locate = locateFrom(find, baseDirectory);
  const hooks = readHooks(block.hooks, { find, locate, profile: guard.upstream.profile });
  const policy = readPolicyBlock(guard.policy, guard.upstream.profile, namedIssuers(httpServer), find);
  const faulty = [...guardBlock.listFaulty('guard'), ...httpServerBlock.listFaulty('http_server')];
  const problems = [
    ...document.problems,
    ...findMisspelledBlocks(Object.keys(document.root), find),
    ...listConflicts(document),
    ...toProblems('guard', guardBlock.issues, find),
    ...toProblems('http_server', httpServerBlock.issues, find),
    ...mqtt.problems,
    ...hooks.problems,
    ...policy.problems,
    ...listCombinationProblems({ guard, httpServer, url: selectUrl(guard, httpServer) }, faulty, find),
  ].sort(comparePlaces);
  const warnings = [
    ...listUnsafe(guard, httpServer, find),
    ...mqtt.warnings,
    ...(isFile ? listBrokerWarnings({ document, guard, httpServer, find }) : []),
  ].sort(comparePlaces);
  const isGood = problems.length === 0;
  return {
    problems,
    warnings,
    settings: isGood
      ? buildSettings({
          guard,
          httpServer,
          mqtt: mqtt.settings,
          hooks: hooks.settings,
          policy: policy.settings,
          find,
          baseDirectory,
          warnings,
        })
      : undefined,
    files: withoutFaulty(nameFiles(guard, httpServer, locate), faulty),
    find,
  };
}

/** Issuers that are named by key files of the settings. */
const namedIssuers = ({ jwt }: HttpServerBlock): string[] =>
  jwt.public.keyfile === undefined ? [] : [basename(jwt.public.keyfile)];

/** What stands at a wrong value is its default, which nobody asked for. */
function withoutFaulty(files: NamedFiles, faulty: readonly string[]): Partial<NamedFiles> {
  if (!faulty.includes('guard.keys_dir') && !faulty.includes('guard')) return files;
  const { keysDirectory: _, ...others } = files;
  return others;
}

/** The broker takes the first of two values and HOCON the last: the guard must not guess which is meant. */
function listConflicts({ conflicts, form }: HoconDocument): Problem[] {
  if (form === 'either') return [];
  return conflicts.filter(({ path }) => isReadFromBroker(path)).map(describeConflict);
}

function describeConflict({ path, first, second }: Conflict): Problem {
  const name = path.join('.');
  return {
    message: `${name} is set again, after ${first.file}:${first.line}:${first.column}. The broker takes the first value, HOCON the last: keep one`,
    name,
    ...second,
  };
}
