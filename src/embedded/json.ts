// JSON as NanoMQ's reader (cJSON) takes it: names without regard to case, the first of two equal names, text behind the
// value, control characters inside strings. JSON.parse refuses or loses each of these. Knows no member by name.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object's members by their folded names, the first of equal ones. A Map, for names are the sender's. */
export type JsonObject = ReadonlyMap<string, Json>;

/** cJSON's own bound. */
const MAX_DEPTH = 1000;

const BLANK = /[\0-\x20]*/y;
/** What strtod takes of the characters that cJSON offers it. */
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['true', true],
  ['false', false],
]);
const CONTROL = /[\0-\x1f]/g;

/** The value the text begins with; undefined where there is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return new Reader(text).value(0);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const isObject = (value: Json | undefined): value is JsonObject => value instanceof Map;

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The named member of an object; undefined of anything else. */
export function readMember(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value.get(foldName(name)) : undefined;
}

/** The named member when it is a string. */
export function readString(value: Json | undefined, name: string): string | undefined {
  const member = readMember(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** Without regard to case as C's `tolower` sees it: A to Z alone. */
function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith('\ufeff') ? 1 : 0;
  }

  value(depth: number): Json {
    this.#take(BLANK);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(goDeeper(depth));
      case '[':
        return this.#list(goDeeper(depth));
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>();
    this.#items('}', () => {
      if (!this.#peeks('"')) throw new SyntaxError('a name is missing');
      const name = foldName(this.#string());
      this.#expect(':');
      const value = this.value(depth);
      if (!members.has(name)) members.set(name, value);
    });
    return members;
  }

  #list(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#items(']', () => items.push(this.value(depth)));
    return items;
  }

  /** Reads items between commas up to the closing bracket; the opening one is next. */
  #items(closing: string, readItem: () => void): void {
    this.#at += 1;
    if (this.#peeks(closing)) {
      this.#at += 1;
      return;
    }
    do readItem();
    while (this.#skips(','));
    this.#expect(closing);
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) throw new SyntaxError('a string has no end');
    this.#at = end + 1;
    const literal = this.#text.slice(start, end + 1);
    return JSON.parse(literal.replace(CONTROL, escapeControl)) as string;
  }

  /** Behind an odd number of backslashes. */
  #isEscaped(quote: number): boolean {
    let from = quote;
    while (this.#text[from - 1] === '\\') from -= 1;
    return (quote - from) % 2 === 1;
  }

  #scalar(): Json {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const digits = this.#take(NUMBER);
    if (digits === '') throw new SyntaxError('no value');
    return Number.parseFloat(digits);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }

  #peeks(character: string): boolean {
    this.#take(BLANK);
    return this.#text[this.#at] === character;
  }

  #skips(character: string): boolean {
    if (!this.#peeks(character)) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skips(character)) throw new SyntaxError(`${character} is missing`);
  }
}

function goDeeper(depth: number): number {
  if (depth >= MAX_DEPTH) throw new SyntaxError('nested too deep');
  return depth + 1;
}

const escapeControl = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
