// The structure of a JSON text, token by token, for whoever judges or rewrites it by its places. The text is one that
// JSON.parse has accepted: what is found here besides is what readers of JSON differ in, a name that stands twice in
// an object and brackets without end. Knows no member by name.

export interface JsonVisitor {
  /**
   * A member's name, unescaped, with the brackets around it as `depth`.
   * @returns the name it counts as: no two of an object may be the same
   */
  onName(name: string, depth: number): string;
  /** A bracket, comma or colon; of a bracket, `depth` counts it. */
  onMark(code: number, at: number, depth: number): void;
  /** A string that is no name, number or word, from `start` up to `end`. */
  onScalar(start: number, end: number): void;
}

export type JsonFlaw = 'repeated_name' | 'too_deep';

/** More levels than any message or configuration has. */
const MAX_DEPTH = 256;

export const MARK = {
  openObject: 0x7b,
  closeObject: 0x7d,
  openArray: 0x5b,
  closeArray: 0x5d,
  comma: 0x2c,
  colon: 0x3a,
} as const;
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** @returns what is wrong with the text, where the visitor is told no more */
export const walkJson = (text: string, visitor: JsonVisitor): JsonFlaw | undefined =>
  new Walk(text, visitor).run();

/** What stands in a string, quotes included, as the text it means. */
export const readString = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

class Walk {
  private readonly text: string;
  private readonly visitor: JsonVisitor;
  /** The names of each open object so far; undefined for an array. */
  private readonly open: (Set<string> | undefined)[] = [];
  private names: Set<string> | undefined;
  private awaitsName = false;
  /** The next one, as far as it was looked for. */
  private backslash = -1;

  constructor(text: string, visitor: JsonVisitor) {
    this.text = text;
    this.visitor = visitor;
  }

  run(): JsonFlaw | undefined {
    const { text } = this;
    for (let at = 0; at < text.length; ) {
      const code = text.charCodeAt(at);
      if (code <= SPACE) at++;
      else if (code === QUOTE) {
        const end = this.endOfString(at);
        if (this.awaitsName && this.isRepeated(at, end)) return 'repeated_name';
        if (!this.awaitsName) this.visitor.onScalar(at, end);
        this.awaitsName = false;
        at = end;
      } else if (isMark(code)) {
        if (!this.takeMark(code, at)) return 'too_deep';
        at++;
      } else {
        const end = endOfWord(text, at);
        this.visitor.onScalar(at, end);
        at = end;
      }
    }
    return undefined;
  }

  /** Behind the closing quote. Texts without an escape are most, and passed over at once. */
  private endOfString(start: number): number {
    const { text } = this;
    if (this.backslash < start) {
      const found = text.indexOf('\\', start);
      this.backslash = found === -1 ? text.length : found;
    }
    const quote = text.indexOf('"', start + 1);
    return quote < this.backslash ? quote + 1 : passEscapes(text, start);
  }

  private isRepeated(start: number, end: number): boolean {
    const { names } = this;
    const name = readString(this.text.slice(start, end));
    const counted = this.visitor.onName(name, this.open.length);
    if (names?.has(counted)) return true;
    names?.add(counted);
    return false;
  }

  private takeMark(code: number, at: number): boolean {
    const { open, visitor } = this;
    const isClosing = code === MARK.closeObject || code === MARK.closeArray;
    if (code === MARK.openObject) this.enter(new Set());
    else if (code === MARK.openArray) this.enter(undefined);
    else if (code === MARK.comma) this.awaitsName = this.names !== undefined;
    visitor.onMark(code, at, open.length);
    if (isClosing) {
      open.pop();
      this.names = open.at(-1);
      this.awaitsName = false;
    }
    return open.length <= MAX_DEPTH;
  }

  private enter(names: Set<string> | undefined): void {
    this.open.push(names);
    this.names = names;
    this.awaitsName = names !== undefined;
  }
}

function isMark(code: number): boolean {
  switch (code) {
    case MARK.openObject:
    case MARK.closeObject:
    case MARK.openArray:
    case MARK.closeArray:
    case MARK.comma:
    case MARK.colon:
      return true;
    default:
      return false;
  }
}

/** Behind the closing quote, whatever is escaped. */
function passEscapes(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at + 1;
}

function endOfWord(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) > SPACE && !isMark(text.charCodeAt(at))) at++;
  return at;
}
