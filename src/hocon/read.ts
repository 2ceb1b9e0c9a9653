// The HOCON reader's face: text in, document out. Wires lexer, parser, includes, merging and resolving together, and
// counts what all files of one document may cost. Nothing in a file is ever executed or fetched.

import { dirname, resolve } from 'node:path';
import { resolveDocument } from './document.ts';
import {
  checkIncludePlace,
  type IncludeBounds,
  type IncludedText,
  readIncluded,
  readIncludeFile,
} from './include.ts';
import { OBSTACLES } from './nanomq.ts';
import { type IncludeStatement, parseHocon, type Scope } from './parser.ts';
import type { Field } from './syntax.ts';
import { buildTree } from './tree.ts';
import {
  checkSize,
  type HoconDocument,
  HoconError,
  type HoconOptions,
  isWanted,
  LIMITS,
  type Note,
  type Position,
} from './value.ts';

/**
 * Reads HOCON (github.com/lightbend/config, HOCON.md), NanoMQ's settings files included. Durations and sizes stay
 * strings; integers beyond 2^53 stay strings of their digits; a value from the environment is a string.
 * Throws HoconError with file, line and column.
 */
export function readHocon(text: string, options: HoconOptions): HoconDocument {
  return resolveHocon(parseSyntax(text, options), options);
}

/** A text and what it includes, cut into fields; nothing is looked up. */
export interface HoconSyntax {
  readonly fields: readonly Field[];
  readonly notes: readonly Note[];
}

/** Throws HoconError where the text is no HOCON. `isLenient`: but for what stands outside the wanted blocks. */
export function parseSyntax(text: string, options: HoconOptions, isLenient = false): HoconSyntax {
  const main = { text, file: options.file, path: resolve(options.file) };
  const assembly = new Assembly(options, isLenient);
  return { fields: assembly.parse(main, ROOT, 0), notes: assembly.notes };
}

/** Throws HoconError where a substitution leads nowhere. */
export function resolveHocon({ fields, notes }: HoconSyntax, options: HoconOptions): HoconDocument {
  const start = { file: options.file, line: 1, column: 1 };
  return { ...resolveDocument(buildTree(fields, start), options.environment), notes };
}

const ROOT: Scope = { path: [], isInList: false, depth: 0 };

/** One document and the files it is made of. */
class Assembly {
  readonly #bounds: IncludeBounds;
  readonly #options: HoconOptions;
  readonly #isLenient: boolean;
  readonly notes: Note[] = [];
  #nodes = 0;
  #includes = 0;

  constructor(options: HoconOptions, isLenient: boolean) {
    this.#options = options;
    this.#isLenient = isLenient;
    this.#bounds = { mainFile: options.file, readInclude: options.readInclude ?? readIncludeFile };
  }

  parse({ text, file, path }: IncludedText, scope: Scope, includeDepth: number): readonly Field[] {
    checkSize(text, file);
    return parseHocon({
      text,
      file,
      scope,
      countNode: (at) => this.#countNode(at),
      include: (statement) => this.#include(statement, dirname(path), includeDepth + 1),
      onObstacle: (obstacle, at) =>
        this.notes.push({ kind: 'obstacle', message: OBSTACLES[obstacle], ...at }),
      wantedBlocks: this.#isLenient ? this.#options.wantedBlocks : undefined,
    });
  }

  #countNode(at: Position): void {
    this.#nodes += 1;
    if (this.#nodes > LIMITS.nodes)
      throw new HoconError(`more than ${LIMITS.nodes} values in one settings file`, at);
  }

  #include(
    { name, isRequired, scope, at }: IncludeStatement,
    directory: string,
    depth: number,
  ): readonly Field[] {
    if (!isWanted(scope.path, this.#options)) {
      this.#noteUnread(name, scope, directory, at);
      return [];
    }
    this.#includes += 1;
    if (this.#includes > LIMITS.includes) throw new HoconError(`more than ${LIMITS.includes} includes`, at);
    if (depth > LIMITS.includeDepth) {
      throw new HoconError(
        `includes are nested more than ${LIMITS.includeDepth} deep: does a file include itself?`,
        at,
      );
    }
    const files = readIncluded(name, directory, this.#bounds, at);
    if (files.length > 0) return files.flatMap((file) => this.parse(file, scope, depth));
    if (!isRequired) return [];
    throw new HoconError(
      `the required file ${JSON.stringify(name)} does not exist: create it, or drop required(…)`,
      at,
    );
  }

  /** The broker may include what it likes; what lies elsewhere is worth a line, since nobody here can look at it. */
  #noteUnread(name: string, scope: Scope, directory: string, at: Position): void {
    const why = checkIncludePlace(name, directory, this.#bounds, at);
    if (why === undefined) return;
    this.notes.push({
      kind: 'skipped',
      message: `${scope.path.join('.')}: ${why}; it is skipped, since the guard reads nothing of this block`,
      ...at,
    });
  }
}
