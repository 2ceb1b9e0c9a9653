// What reading a settings file yields, how its errors look, and how much a file may ask for.
// Knows nothing of the guard's own settings.

import { Failure, formatProblem, type Problem } from '../failure.ts';

export type HoconValue = null | boolean | number | string | HoconValue[] | HoconObject;

/** Has no prototype: a key such as `__proto__` or `constructor` is plain data. */
export interface HoconObject {
  [key: string]: HoconValue;
}

/** A place in a file; `line` and `column` count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * One path set to different values in two places. HOCON takes the later one (`second`), NanoMQ's own parser the
 * earlier one (`first`), so guard and broker would run with different settings.
 */
export interface Conflict {
  readonly path: readonly string[];
  readonly first: Position;
  readonly second: Position;
}

export interface HoconDocument {
  readonly root: HoconObject;
  /** Where the value of `path` was last set; list members are named by their index. Undefined when not set. */
  positionOf(path: readonly string[]): Position | undefined;
  /** The scalar at `path` as it was written, so that an unquoted `1.10` or `1e3` can still be used as text. */
  textOf(path: readonly string[]): string | undefined;
  /** The characters of the file that the scalar at `path` was read from; undefined where no single value of it is. */
  sourceOf(path: readonly string[]): string | undefined;
  readonly conflicts: readonly Conflict[];
  /** `either`: every line is of both forms, and only a repeated name could mean two things. */
  readonly form: 'hocon' | 'keyvalue' | 'either';
  /** Lines that belong to a block the guard reads and are none of the old form. */
  readonly problems: readonly Problem[];
  /** What was read, but would not be by NanoMQ, or was passed over. */
  readonly notes: readonly Note[];
}

/** `obstacle`: NanoMQ does not start on it. `skipped`: passed over by this reader. `differs`: NanoMQ may read it otherwise. */
export interface Note extends Problem {
  readonly kind: 'obstacle' | 'skipped' | 'differs';
}

export interface HoconOptions {
  /** The file's name: stands in errors, and its directory bounds includes. */
  readonly file: string;
  /** Where substitutions look when the file itself does not set the path. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Text of an included file, undefined when absent. Only paths inside the file's directory are asked for. */
  readonly readInclude?: (path: string) => string | undefined;
  /**
   * The blocks of the root that are wanted; default: all. In others no include is followed
   * (`auth { password = {include "/etc/nanomq_pwd.conf"} }`), and what only NanoMQ's parser reads is passed over.
   */
  readonly wantedBlocks?: readonly string[];
}

/** Whether the block at `path` may hold something wanted. */
export function isWanted(
  path: readonly string[],
  { wantedBlocks }: Pick<HoconOptions, 'wantedBlocks'>,
): boolean {
  return path[0] === undefined || wantedBlocks === undefined || wantedBlocks.includes(path[0]);
}

/** Bounds on what one file may cost; no settings file of a person comes near them. */
export const LIMITS = {
  depth: 64,
  fileBytes: 1024 * 1024,
  includes: 32,
  includeDepth: 8,
  nodes: 200_000,
  /** Work of resolving substitutions, in layers looked at. */
  steps: 2_000_000,
  /** Text made by joining values, over the whole document. */
  joinedCharacters: 4 * 1024 * 1024,
} as const;

/** A settings file that cannot be read. Names keys and places, never values: a file may hold passwords. */
export class HoconError extends Failure {
  readonly problem: Problem;

  constructor(message: string, position: Position) {
    const problem = { message, ...position };
    super('settings_invalid', formatProblem(problem));
    this.name = 'HoconError';
    this.problem = problem;
  }
}

/** A scalar as HOCON types it. */
export type Scalar = null | boolean | number | string;

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The value of one unquoted word: a boolean, null, a JSON number, or the word itself where a number would lose digits. */
export function readScalar(text: string): Scalar {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  const number = JSON_NUMBER.exec(text);
  if (number === null) return text;
  const value = Number(text);
  const isInteger = number[1] === undefined && number[2] === undefined;
  return isInteger ? (Number.isSafeInteger(value) ? value : text) : Number.isFinite(value) ? value : text;
}

/** Refuses a text beyond the size limit before any work is spent on it. */
export function checkSize(text: string, file: string): void {
  const isTooLong = text.length > LIMITS.fileBytes || Buffer.byteLength(text) > LIMITS.fileBytes;
  if (!isTooLong) return;
  throw new HoconError('the file is larger than 1 MiB, which no settings file is: check the path', {
    file,
    line: 1,
    column: 1,
  });
}
