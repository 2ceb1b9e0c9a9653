// The HOCON reader's face: text in, document out. Wires lexer, parser, includes, merging and resolving together, and
// counts what all files of one document may cost. Nothing in a file is ever executed or fetched.

import { dirname, resolve } from 'node:path';
import { resolveDocument } from './document.ts';
import { type IncludeBounds, type IncludedText, readIncluded, readIncludeFile } from './include.ts';
import { type IncludeStatement, parseHocon, type Scope } from './parser.ts';
import type { Field } from './syntax.ts';
import { buildTree } from './tree.ts';
import {
  checkSize,
  type HoconDocument,
  HoconError,
  type HoconOptions,
  LIMITS,
  type Position,
} from './value.ts';

/**
 * Reads HOCON (github.com/lightbend/config, HOCON.md), NanoMQ's settings files included. Durations and sizes stay
 * strings; integers beyond 2^53 stay strings of their digits; a value from the environment is a string.
 * Throws HoconError with file, line and column.
 */
export function readHocon(text: string, options: HoconOptions): HoconDocument {
  const start = { file: options.file, line: 1, column: 1 };
  const main = { text, file: options.file, path: resolve(options.file) };
  const fields = new Assembly(options).parse(main, ROOT, 0);
  return resolveDocument(buildTree(fields, start, 'sameBlock'), options.environment);
}

const ROOT: Scope = { path: [], isInList: false, depth: 0 };

/** One document and the files it is made of. */
class Assembly {
  readonly #bounds: IncludeBounds;
  readonly #followsInclude: (path: readonly string[]) => boolean;
  #nodes = 0;
  #includes = 0;

  constructor(options: HoconOptions) {
    this.#bounds = { mainFile: options.file, readInclude: options.readInclude ?? readIncludeFile };
    this.#followsInclude = options.followsInclude ?? (() => true);
  }

  parse({ text, file, path }: IncludedText, scope: Scope, includeDepth: number): readonly Field[] {
    checkSize(text, file);
    return parseHocon({
      text,
      file,
      scope,
      countNode: (at) => this.#countNode(at),
      include: (statement) => this.#include(statement, dirname(path), includeDepth + 1),
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
    if (!this.#followsInclude(scope.path)) return [];
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
}
