// Which file an include statement means, and whether it may be read: only regular files inside the directory of the
// main file, by name and after following symbolic links. Knows nothing of what stands in them.

import { realpathSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { codeOf } from '../files/errno.ts';
import { isInside } from '../files/inside.ts';
import { readWhole } from '../files/read.ts';
import { HoconError, LIMITS, type Position } from './value.ts';

export interface IncludeBounds {
  /** The main file as the operator named it; included files are named the same way in errors. */
  readonly mainFile: string;
  readonly readInclude: (path: string) => string | undefined;
}

export interface IncludedText {
  readonly path: string;
  /** The name for errors. */
  readonly file: string;
  readonly text: string;
}

/**
 * The texts `name` stands for, seen from a file in `fromDirectory`, in the order they are merged.
 * HOCON.md "file formats and extensions": without an extension it is `name.json`, then `name.conf`. Empty when none
 * exists. Throws HoconError for names that leave the main file's directory, and for files that cannot be read.
 */
export function readIncluded(
  name: string,
  fromDirectory: string,
  bounds: IncludeBounds,
  at: Position,
): IncludedText[] {
  const found: IncludedText[] = [];
  for (const candidate of listCandidates(name, at)) {
    const path = resolve(fromDirectory, candidate);
    refuseOutside(path, bounds.mainFile, at);
    const text = readOrExplain(path, bounds, at);
    if (text !== undefined) found.push({ path, file: nameForErrors(path, bounds.mainFile), text });
  }
  return found;
}

/** Why the file of an include that nobody follows could not be read by it; undefined where it could. */
export function checkIncludePlace(
  name: string,
  fromDirectory: string,
  { mainFile }: IncludeBounds,
  at: Position,
): string | undefined {
  if (name === '' || name.includes('\0')) return undefined;
  return describeOutside(resolve(fromDirectory, name), mainFile, at);
}

function listCandidates(name: string, at: Position): string[] {
  if (name === '' || name.includes('\0')) throw new HoconError('an include names no file', at);
  if (/^[a-z][a-z0-9+.-]+:/i.test(name)) {
    throw new HoconError('an include names an address: only files beside this one are included', at);
  }
  const extension = extname(name);
  if (extension === '.conf' || extension === '.json') return [name];
  if (extension === '') return [`${name}.json`, `${name}.conf`];
  throw new HoconError("an included file's name ends in .conf or .json", at);
}

function nameForErrors(path: string, mainFile: string): string {
  return join(dirname(mainFile), relative(dirname(resolve(mainFile)), path));
}

function refuseOutside(path: string, mainFile: string, at: Position): void {
  const what = describeOutside(path, mainFile, at);
  if (what !== undefined) throw new HoconError(`${what}: move it there and include it by its name`, at);
}

function describeOutside(path: string, mainFile: string, at: Position): string | undefined {
  const directory = dirname(resolve(mainFile));
  const realPath = findRealPath(path, at);
  const isBeside = isInside(path, directory);
  const isReallyBeside =
    realPath === undefined || isInside(realPath, findRealPath(directory, at) ?? directory);
  if (isBeside && isReallyBeside) return undefined;
  const how = isBeside ? 'is a link that leads out of' : 'lies outside';
  return `the included file ${how} the directory of ${mainFile}`;
}

function findRealPath(path: string, at: Position): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw new HoconError(`the included file cannot be read (${codeOf(error)})`, at);
  }
}

function readOrExplain(path: string, bounds: IncludeBounds, at: Position): string | undefined {
  try {
    return bounds.readInclude(path);
  } catch (error) {
    const file = nameForErrors(path, bounds.mainFile);
    throw new HoconError(`the included file ${file} cannot be read (${messageOf(error)})`, at);
  }
}

/** The text of a regular file, undefined when there is none. Throws for anything else, and for what is no text. */
export function readIncludeFile(path: string): string | undefined {
  try {
    return decodeText(readWhole(path, { maxBytes: LIMITS.fileBytes }));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** A byte that is no UTF-8 becomes U+FFFD, which the readers refuse wherever it is not in a comment. */
function decodeText(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('latin1');
  if (mark === '\xff\xfe' || mark === '\xfe\xff') throw new Error('UTF-16 text: save it as UTF-8');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const nul = text.indexOf('\0');
  if (nul < 0) return text;
  throw new Error(`a NUL byte in line ${text.slice(0, nul).split('\n').length}: it is no text file`);
}

function isAbsence(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown cause');
