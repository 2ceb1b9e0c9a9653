// HOCON text -> fields of the root object, by recursive descent over the lexer's tokens. Merges and looks up nothing;
// what an include brings is asked of a function and spliced in where the statement stands. What NanoMQ would not start
// on is noted on the way.

import { Cursor, checkDepth } from './cursor.ts';
import { joinParts } from './join.ts';
import type { Mark, Token } from './lexer.ts';
import { isOneValue, type Obstacle } from './nanomq.ts';
import { findSettingEnd } from './skip.ts';
import type { Field, JoinPart, ListNode, ObjectNode, ReferenceNode, SyntaxNode } from './syntax.ts';
import { HoconError, type Position, readScalar } from './value.ts';

/** The block being read. */
export interface Scope {
  /** Its absolute path; inside a list the path of the list. */
  readonly path: readonly string[];
  readonly isInList: boolean;
  readonly depth: number;
}

export interface IncludeStatement {
  readonly name: string;
  readonly isRequired: boolean;
  readonly scope: Scope;
  readonly at: Position;
}

export interface ParserInput {
  readonly text: string;
  readonly file: string;
  /** The block this text stands in: the root, or the including block. */
  readonly scope: Scope;
  /** Called once for every node; throws when there are too many. */
  readonly countNode: (at: Position) => void;
  /** Fields of the files an include statement names. */
  readonly include: (statement: IncludeStatement) => readonly Field[];
  /** Called for what NanoMQ does not start on. */
  readonly onObstacle: (obstacle: Obstacle, at: Position) => void;
  /** Blocks of the root whose settings must be read. Of others what HOCON cannot read is passed over; absent: none. */
  readonly wantedBlocks: readonly string[] | undefined;
}

/** Reads a whole text. Throws HoconError at the first place that is not HOCON. */
export function parseHocon(input: ParserInput): readonly Field[] {
  return new Parser(input).parseRoot();
}

const VALUE_STARTS: ReadonlySet<string> = new Set(['word', 'string', 'substitution', '{', '[']);
const INCLUDE_FORMS = /^(required\()?(?:(file|url|classpath)\()?$/;

class Parser {
  readonly #input: ParserInput;
  readonly #cursor: Cursor;

  constructor(input: ParserInput) {
    this.#input = input;
    this.#cursor = new Cursor(input.text, input.file, (at) => input.onObstacle('trailingComma', at));
  }

  parseRoot(): readonly Field[] {
    this.#cursor.skipNewlines();
    const opening = this.#cursor.peek();
    if (opening.type === '[') {
      throw new HoconError('the file is a list: a settings file holds key = value settings', opening.at);
    }
    if (opening.type !== '{') return this.#parseFields(opening, 'end', this.#input.scope);
    this.#cursor.advance();
    const fields = this.#parseFields(opening, '}', this.#input.scope);
    this.#cursor.advance();
    this.#cursor.skipNewlines();
    if (this.#cursor.isAt('end')) return fields;
    throw new HoconError(
      'the file goes on after its closing }: move these settings before it',
      this.#cursor.peek().at,
    );
  }

  #parseFields(opening: Token, closing: '}' | 'end', scope: Scope): Field[] {
    const fields: Field[] = [];
    this.#cursor.parseElements(opening, closing, () => {
      const isInclude = this.#cursor.isAt('word') && this.#cursor.peek().text === 'include';
      if (isInclude) for (const field of this.#parseInclude(scope)) fields.push(field);
      else fields.push(scope.path.length === 0 ? this.#parseRootField(scope) : this.#parseField(scope));
    });
    return fields;
  }

  /** A setting of the root; one that HOCON cannot read and nobody wants is passed over: NanoMQ may well read it. */
  #parseRootField(scope: Scope): Field {
    const mark = this.#cursor.mark();
    const at = this.#cursor.place();
    const name = this.#cursor.isAt('word') ? (this.#cursor.peek().text.split('.')[0] as string) : '';
    try {
      return this.#parseField(scope);
    } catch (error) {
      const isPassed = error instanceof HoconError && this.#passOver(name, mark);
      if (!isPassed) throw error;
      return { path: [name], value: { kind: 'object', fields: [], isEmpty: false, at }, isAppend: false, at };
    }
  }

  #passOver(name: string, mark: Mark): boolean {
    const { text, wantedBlocks } = this.#input;
    if (wantedBlocks === undefined || wantedBlocks.includes(name)) return false;
    const end = findSettingEnd(text, mark.offset, wantedBlocks);
    if (end !== undefined) this.#cursor.resumeAt(end, mark);
    return end !== undefined;
  }

  #parseField(scope: Scope): Field {
    const at = this.#cursor.peek().at;
    const isQuoted = this.#cursor.isAt('string');
    const path = this.#cursor.parsePath();
    const inner = { ...scope, path: [...scope.path, ...path], depth: scope.depth + path.length };
    checkDepth(inner.depth, at);
    this.#cursor.skipNewlines();
    const isAppend = this.#cursor.isAt('+=');
    const isSeparated = isAppend || this.#cursor.isAt('=') || this.#cursor.isAt(':');
    if (isSeparated) this.#cursor.advance();
    else if (this.#cursor.peek().type !== '{') {
      throw new HoconError('a key without a value: write key = value, or key { … }', at);
    }
    this.#cursor.skipNewlines();
    const value = this.#parseValue(inner, at);
    this.#noteField(value, { isAppend, isQuoted, isSeparated }, at);
    return { path, value, isAppend, at };
  }

  #noteField(
    value: SyntaxNode,
    written: { isAppend: boolean; isQuoted: boolean; isSeparated: boolean },
    at: Position,
  ): void {
    if (written.isAppend) this.#input.onObstacle('append', at);
    if (written.isSeparated || value.kind !== 'object') return;
    if (written.isQuoted) this.#input.onObstacle('quotedName', at);
    if (value.isEmpty) this.#input.onObstacle('emptyBlock', at);
  }

  #parseValue(scope: Scope, key: Position): SyntaxNode {
    const parts: JoinPart[] = [];
    while (VALUE_STARTS.has(this.#cursor.peek().type)) {
      const { blank, at } = this.#cursor.peek();
      this.#input.countNode(at);
      parts.push({ blank: parts.length === 0 ? '' : blank, node: this.#parsePart(scope) });
    }
    if (parts.length > 0) {
      const [{ node }] = parts as [JoinPart];
      const isRead =
        scope.isInList || parts.some((part) => part.node.kind === 'reference') || isOneValue(parts);
      if (!isRead) this.#input.onObstacle('unquoted', node.at);
      return joinParts(parts);
    }
    if (this.#cursor.isAt('newline') || this.#cursor.isAt('end') || this.#cursor.isAt('}')) {
      throw new HoconError(
        'a key without a value: write one after it, or remove the key; empty text is ""',
        key,
      );
    }
    throw new HoconError(
      `'${this.#cursor.peek().type}' stands where a value belongs: put the value in quotes`,
      this.#cursor.peek().at,
    );
  }

  #parsePart(scope: Scope): JoinPart['node'] {
    const { type, text, source, at } = this.#cursor.peek();
    if (source.startsWith('"""')) this.#input.onObstacle('tripleQuotes', at);
    if (type === '{') return this.#parseObject(scope);
    if (type === '[') return this.#parseList(scope);
    if (type === 'substitution') return this.#parseReference();
    this.#cursor.advance();
    return { kind: 'scalar', value: type === 'word' ? readScalar(text) : text, text, source, at };
  }

  #parseObject(scope: Scope): ObjectNode {
    const opening = this.#cursor.advance();
    this.#cursor.skipNewlines();
    const isEmpty = this.#cursor.isAt('}');
    const fields = this.#parseFields(opening, '}', scope);
    this.#cursor.advance();
    return { kind: 'object', fields, isEmpty, at: opening.at };
  }

  #parseList(scope: Scope): ListNode {
    const opening = this.#cursor.advance();
    const inner = { path: scope.path, isInList: true, depth: scope.depth + 1 };
    checkDepth(inner.depth, opening.at);
    const items: SyntaxNode[] = [];
    this.#cursor.parseElements(opening, ']', () =>
      items.push(this.#parseValue(inner, this.#cursor.peek().at)),
    );
    this.#cursor.advance();
    return { kind: 'list', items, at: opening.at };
  }

  #parseReference(): ReferenceNode {
    const { text, at } = this.#cursor.advance();
    this.#input.onObstacle('substitution', at);
    const name = this.#cursor.parsePath();
    if (this.#cursor.advance().type !== '}') {
      throw new HoconError(`a substitution is a dotted name and a closing }: \${name} or \${?name}`, at);
    }
    const { path: prefix, isInList } = this.#input.scope;
    if (isInList) {
      throw new HoconError(
        'a file included inside a list may hold no substitution: include it outside the list',
        at,
      );
    }
    const candidates = prefix.length === 0 ? [name] : [[...prefix, ...name], name];
    return { kind: 'reference', name, candidates, isOptional: text === '${?', at };
  }

  /** `include "f"`, `include file("f")`, `include required("f")`, `include required(file("f"))`. */
  #parseInclude(scope: Scope): readonly Field[] {
    const { at } = this.#cursor.advance();
    this.#cursor.skipNewlines();
    let opening = '';
    while (this.#cursor.isAt('word')) opening += this.#cursor.advance().text;
    const form = INCLUDE_FORMS.exec(opening);
    if (form === null || this.#cursor.peek().type !== 'string') throw new HoconError(INCLUDE_USAGE, at);
    const name = this.#cursor.advance().text;
    this.#expectClosing(opening.split('(').length - 1, at);
    if (form[2] === 'url' || form[2] === 'classpath') {
      throw new HoconError(
        `include ${form[2]}(…) is not supported: only files beside this one are included`,
        at,
      );
    }
    return this.#input.include({ name, isRequired: form[1] !== undefined, scope, at });
  }

  #expectClosing(count: number, at: Position): void {
    let closing = '';
    while (closing.length < count && this.#cursor.isAt('word')) closing += this.#cursor.advance().text;
    if (closing !== ')'.repeat(count)) throw new HoconError(INCLUDE_USAGE, at);
  }
}

const INCLUDE_USAGE =
  'include names one file in quotes: include "file.conf" or include required("file.conf"); a key of that name is written "include"';
