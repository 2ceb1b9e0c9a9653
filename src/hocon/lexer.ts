// Cuts HOCON text into tokens with their positions, in one pass forward. Knows characters, not grammar.
// HOCON.md "Unchanged from JSON", "Comments", "Whitespace", "Unquoted strings", "Multi-line strings".

import { HoconError, type Position } from './value.ts';

export type TokenType = 'word' | 'string' | 'substitution' | 'newline' | 'end' | 'broken' | Punctuation;
export type Punctuation = '{' | '}' | '[' | ']' | ',' | ':' | '=' | '+=';

export interface Token {
  readonly type: TokenType;
  /** The text meant: of a string without its quotes, of `${` or `${?` as written. */
  readonly text: string;
  /** As written, quotes included. */
  readonly source: string;
  /** Blanks between the token before and this one; they count inside a value of several words. */
  readonly blank: string;
  readonly at: Position;
  /** Why a broken token is none. */
  readonly error?: HoconError;
}

/** A place between two tokens. */
export interface Mark {
  readonly offset: number;
  readonly line: number;
  readonly lineStart: number;
}

// HOCON.md "Unquoted strings": everything but the reserved characters, whitespace and `//`.
const WORD = /(?:[^$"{}[\]:=,+#`^?!@*&\\\s\x1c-\x1f/\ufffd]|\/(?!\/))+/y;
// The one place where an unquoted `+` is data: a number's exponent.
const SIGNED_EXPONENT = /-?\d+(?:\.\d+)?[eE]\+\d+/y;
const BLANK = /(?:(?!\n)[\s\x1c-\x1f])+/y;
const COMMENT = /(?:#|\/\/)[^\n]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const PLAIN = /[^"\\\x00-\x1f\ufffd]+/y;
const PUNCTUATION = new Set<string>(['{', '}', '[', ']', ',', ':', '=']);

export class Lexer {
  readonly #text: string;
  readonly #file: string;
  #offset: number;
  #line = 1;
  #lineStart: number;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#offset = text.startsWith('\ufeff') ? 1 : 0;
    this.#lineStart = this.#offset;
  }

  /** The next token; after the last one `end`, again and again. Text that is no token is a broken one. */
  next(): Token {
    const blank = this.#take(BLANK);
    this.#take(COMMENT);
    const at = this.#position();
    const start = this.#offset;
    try {
      const token = this.#takeToken(blank, at);
      return { ...token, source: this.#text.slice(start, this.#offset) };
    } catch (error) {
      if (!(error instanceof HoconError)) throw error;
      return { type: 'broken', text: '', source: '', blank, at, error };
    }
  }

  mark(): Mark {
    return { offset: this.#offset, line: this.#line, lineStart: this.#lineStart };
  }

  /** Goes on at `end`, which lies behind the mark. */
  resumeAt(end: number, { offset, line, lineStart }: Mark): void {
    this.#offset = end;
    this.#line = line;
    this.#lineStart = lineStart;
    this.#countLines(offset, end);
  }

  #takeToken(blank: string, at: Position): Omit<Token, 'source'> {
    const char = this.#text[this.#offset];
    if (char === undefined) return { type: 'end', text: '', blank, at };
    if (char === '\n') return this.#takeNewline(blank, at);
    if (PUNCTUATION.has(char)) return this.#takeFixed(char as Punctuation, char, blank, at);
    if (this.#startsWith('+=')) return this.#takeFixed('+=', '+=', blank, at);
    if (this.#startsWith('${')) return this.#takeSubstitution(blank, at);
    if (this.#startsWith('"""')) return { type: 'string', text: this.#takeTripleQuoted(at), blank, at };
    if (char === '"') return { type: 'string', text: this.#takeQuoted(at), blank, at };
    const text = this.#take(SIGNED_EXPONENT) + this.#take(WORD);
    if (text === '') throw new HoconError(describeReserved(char), at);
    return { type: 'word', text, blank, at };
  }

  #position(): Position {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#offset);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += text.length;
    return text;
  }

  #takeFixed(type: TokenType, text: string, blank: string, at: Position): Omit<Token, 'source'> {
    this.#offset += text.length;
    return { type, text, blank, at };
  }

  #takeNewline(blank: string, at: Position): Omit<Token, 'source'> {
    this.#offset += 1;
    this.#line += 1;
    this.#lineStart = this.#offset;
    return { type: 'newline', text: '\n', blank, at };
  }

  #takeSubstitution(blank: string, at: Position): Omit<Token, 'source'> {
    return this.#takeFixed('substitution', this.#startsWith('${?') ? '${?' : '${', blank, at);
  }

  #takeQuoted(at: Position): string {
    const start = this.#offset;
    this.#offset += 1;
    for (;;) {
      this.#take(PLAIN);
      const char = this.#text[this.#offset];
      if (char === '"') break;
      if (char !== '\\') throw this.#describeBrokenString(char, at);
      if (this.#take(ESCAPE) === '') throw new HoconError(BAD_ESCAPE, this.#position());
    }
    this.#offset += 1;
    return JSON.parse(this.#text.slice(start, this.#offset)) as string;
  }

  #describeBrokenString(char: string | undefined, opening: Position): HoconError {
    if (char === '\ufffd') return new HoconError(NOT_UTF8, this.#position());
    const isUnclosed = char === undefined || char === '\n' || char === '\r';
    return isUnclosed ? new HoconError(UNCLOSED_STRING, opening) : new HoconError(CONTROL, this.#position());
  }

  /** HOCON.md "Multi-line strings": no escapes, and quotes beyond the closing three belong to the text. */
  #takeTripleQuoted(at: Position): string {
    const start = this.#offset + 3;
    let end = this.#text.indexOf('"""', start);
    if (end < 0) throw new HoconError('a string that begins with """ is never closed: end it with """', at);
    while (this.#text[end + 3] === '"') end += 1;
    const text = this.#text.slice(start, end);
    this.#offset = end + 3;
    if (text.includes('\ufffd')) throw new HoconError(NOT_UTF8, at);
    this.#countLines(start, end);
    return text;
  }

  #countLines(start: number, end: number): void {
    for (let n = this.#text.indexOf('\n', start); n >= 0 && n < end; n = this.#text.indexOf('\n', n + 1)) {
      this.#line += 1;
      this.#lineStart = n + 1;
    }
  }
}

const BAD_ESCAPE =
  'unknown escape in a string: after a backslash may stand only " \\ / b f n r t or u and four hex digits; a backslash itself is written \\\\';
const UNCLOSED_STRING =
  'a string that begins with a quote ends before the end of the line: close the quote, or use """ for several lines';
const CONTROL = 'a control character stands inside a string: write it as an escape, for a tab \\t';

/** Where bytes were no UTF-8 the text has U+FFFD; a comment may hold any. */
export const NOT_UTF8 = 'this is not UTF-8 text: save the file as UTF-8';

function describeReserved(char: string): string {
  if (char === '\ufffd') return NOT_UTF8;
  if (char === '$')
    return `'$' stands alone: a substitution is written \${name}, and any other text with $ in quotes`;
  return `'${char}' may not stand in a value without quotes: put the whole value in quotes`;
}
