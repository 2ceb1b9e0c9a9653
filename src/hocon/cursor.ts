// The parser's place in the token stream, and what blocks, lists and names have in common: separators, ends, dots.
// Knows nothing of values.

import { Lexer, type Mark, type Token, type TokenType } from './lexer.ts';
import { HoconError, LIMITS, type Position } from './value.ts';

export type Closing = '}' | ']' | 'end';

export class Cursor {
  readonly #lexer: Lexer;
  readonly #onTrailingComma: (at: Position) => void;
  /** Where the current token begins, the blanks before it included. */
  #mark: Mark;
  #token: Token;

  constructor(text: string, file: string, onTrailingComma: (at: Position) => void) {
    this.#lexer = new Lexer(text, file);
    this.#onTrailingComma = onTrailingComma;
    this.#mark = this.#lexer.mark();
    this.#token = this.#lexer.next();
  }

  /** The token not yet consumed. Throws HoconError where the text is none. */
  peek(): Token {
    if (this.#token.error !== undefined) throw this.#token.error;
    return this.#token;
  }

  mark(): Mark {
    return this.#mark;
  }

  /** Where the current token begins, whether it can be read or not. */
  place(): Position {
    return this.#token.at;
  }

  /** Goes on at the offset `end`, behind what began at `mark`. */
  resumeAt(end: number, mark: Mark): void {
    this.#lexer.resumeAt(end, mark);
    this.#mark = this.#lexer.mark();
    this.#token = this.#lexer.next();
  }

  isAt(type: TokenType): boolean {
    return this.#token.type === type;
  }

  /** Consumes the current token and returns it. */
  advance(): Token {
    const token = this.peek();
    this.#mark = this.#lexer.mark();
    this.#token = this.#lexer.next();
    return token;
  }

  /** Whether there was one at least. */
  skipNewlines(): boolean {
    const isAtNewline = this.isAt('newline');
    while (this.isAt('newline')) this.advance();
    return isAtNewline;
  }

  /**
   * Runs `parseElement` for each element up to `closing`, which stays unconsumed.
   * HOCON.md "Commas": one comma or a newline between elements, at most one comma after the last.
   */
  parseElements(opening: Token, closing: Closing, parseElement: () => void): void {
    for (;;) {
      this.skipNewlines();
      if (this.isAt(closing)) return;
      if (this.isAt(',')) throw new HoconError('a comma with nothing before it: remove it', this.#token.at);
      this.#refuseWrongEnd(opening, closing);
      parseElement();
      const isSeparated = this.skipNewlines();
      if (this.isAt(',')) this.#takeComma(closing);
      else if (!this.isAt(closing) && !isSeparated) this.#refuseNeighbour(opening, closing);
    }
  }

  #takeComma(closing: Closing): void {
    const { at } = this.advance();
    this.skipNewlines();
    if (this.isAt(closing)) this.#onTrailingComma(at);
  }

  #refuseWrongEnd(opening: Token, closing: Closing): void {
    const { type, at } = this.#token;
    if (type === 'broken') return;
    if (type === 'end') {
      throw new HoconError(`this ${opening.type} is never closed: add the ${closing} it lacks`, opening.at);
    }
    if (type !== '}' && type !== ']') return;
    const isAlone = closing === 'end';
    const advice = isAlone
      ? 'closes nothing: remove it'
      : `stands where the ${closing} for line ${opening.at.line} belongs`;
    throw new HoconError(`this ${type} ${advice}`, at);
  }

  #refuseNeighbour(opening: Token, closing: Closing): never {
    this.#refuseWrongEnd(opening, closing);
    const { type, at } = this.peek();
    const isSeparator = type === ':' || type === '=' || type === '+=';
    const what = isSeparator
      ? `'${type}' may not stand in a value without quotes`
      : 'a second setting on one line';
    throw new HoconError(`${what}: put the value in quotes, or begin the next setting on a new line`, at);
  }

  /** HOCON.md "Path expressions": dots separate outside quotes; blanks between words belong to the name. */
  parsePath(): string[] {
    const { at } = this.peek();
    const path = new PathBuilder(at);
    for (let isFirst = true; this.isAt('word') || this.isAt('string'); isFirst = false) {
      const { type, text, blank } = this.advance();
      if (!isFirst) path.addText(blank);
      if (type === 'word') path.addWord(text);
      else path.addQuoted(text);
    }
    return path.finish();
  }
}

class PathBuilder {
  readonly #at: Position;
  readonly #path: string[] = [];
  #element = '';
  #isQuoted = false;

  constructor(at: Position) {
    this.#at = at;
  }

  addText(text: string): void {
    this.#element += text;
  }

  addQuoted(text: string): void {
    this.addText(text);
    this.#isQuoted = true;
  }

  addWord(word: string): void {
    word.split('.').forEach((part, index) => {
      if (index > 0) this.finish();
      this.addText(part);
    });
  }

  /** Ends the current element; the path so far. */
  finish(): string[] {
    if (this.#element === '' && !this.#isQuoted) throw new HoconError(EMPTY_ELEMENT, this.#at);
    this.#path.push(this.#element);
    checkDepth(this.#path.length, this.#at);
    this.#element = '';
    this.#isQuoted = false;
    return this.#path;
  }
}

/** Depth is bounded before it is recursed into. */
export function checkDepth(depth: number, at: Position): void {
  if (depth > LIMITS.depth) throw new HoconError(`settings are nested more than ${LIMITS.depth} deep`, at);
}

const EMPTY_ELEMENT =
  'a key is missing or has an empty part: names are joined by single dots, as in a.b, and an empty name is written ""';
