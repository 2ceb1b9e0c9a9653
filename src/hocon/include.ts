// Which file an include statement means, and whether it may be read: only regular files inside the directory of the
// main file, by name and after following symbolic links. Knows nothing of what stands in them.

import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
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
  const directory = dirname(resolve(mainFile));
  const realPath = findRealPath(path, at);
  const isBeside = isInside(path, directory);
  const isReallyBeside =
    realPath === undefined || isInside(realPath, findRealPath(directory, at) ?? directory);
  if (isBeside && isReallyBeside) return;
  const how = isBeside ? 'is a link that leads out of' : 'lies outside';
  throw new HoconError(
    `the included file ${how} the directory of ${mainFile}: move it there and include it by its name`,
    at,
  );
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way);
}

function findRealPath(path: string, at: Position): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw new HoconError(`the included file cannot be read (${describeCause(error)})`, at);
  }
}

function readOrExplain(path: string, bounds: IncludeBounds, at: Position): string | undefined {
  try {
    return bounds.readInclude(path);
  } catch (error) {
    const file = nameForErrors(path, bounds.mainFile);
    throw new HoconError(`the included file ${file} cannot be read (${describeCause(error)})`, at);
  }
}

/** The text of a regular file, undefined when there is none. Throws for anything else, or on text that is not UTF-8. */
export function readIncludeFile(path: string): string | undefined {
  const descriptor = openIfPresent(path);
  if (descriptor === undefined) return undefined;
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('not a regular file');
    const bytes = readAtMost(descriptor, LIMITS.fileBytes + 1);
    if (bytes.length > LIMITS.fileBytes) throw new Error('larger than 1 MiB');
    return decodeUtf8(bytes);
  } finally {
    closeSync(descriptor);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    // Non-blocking, or a FIFO dropped beside the settings would hang the start.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function readAtMost(descriptor: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  for (let read = -1; read !== 0 && length < limit; length += read) {
    read = readSync(descriptor, buffer, length, limit - length, null);
  }
  return buffer.subarray(0, length);
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error('not UTF-8 text');
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown cause';
  return 'code' in error ? String(error.code) : error.message;
}
