// What NanoMQ reads of a publish's body, by its own rules and not by the guard's: of equal names the first, names without
// case, `topic` before `topics`, `topics` split at commas, text behind the JSON ignored, a text that ends at NUL.

type Value = string | number | boolean | null | Value[] | Members;
class Members {
  readonly list: [name: string, value: Value][] = [];
}

const TOKEN =
  /(?:[\0-\x20]*)(?:([{}[\],:])|"((?:[^"\\]|\\[\s\S])*)"|(-?[0-9.][-+.eE0-9]{0,62})|(true|false|null))/y;

/** The topics of a message each; undefined where it refuses the whole body. */
export function readAsNanomq(body: Buffer, isBatch: boolean): string[] | undefined {
  try {
    const value = new Reader(body.toString('utf8').replace(/^\ufeff/, '')).value();
    if (!isBatch) return value instanceof Members ? readTopics(value) : undefined;
    return Array.isArray(value) ? value.flatMap((item) => readTopics(item as Value)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readTopics(item: Value): string[] {
  const topic = readText(item, 'topic');
  if (topic !== undefined) return [topic];
  return (readText(item, 'topics') ?? '').split(',').filter((part) => part !== '');
}

function readText(item: Value, name: string): string | undefined {
  if (!(item instanceof Members)) return undefined;
  const found = item.list.find(([own]) => own.replace(/[A-Z]/g, (one) => one.toLowerCase()) === name)?.[1];
  return typeof found === 'string' ? found : undefined;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Value {
    const [, mark, text, number, word] = this.#next();
    if (text !== undefined) return decode(text);
    if (number !== undefined) return Number.parseFloat(number);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    if (mark === '[') return this.#list();
    if (mark === '{') return this.#members();
    throw new SyntaxError('no value');
  }

  #list(): Value[] {
    const items: Value[] = [];
    if (this.#skips(']')) return items;
    do items.push(this.value());
    while (this.#skips(','));
    this.#expect(']');
    return items;
  }

  #members(): Members {
    const members = new Members();
    if (this.#skips('}')) return members;
    do {
      const [, , name] = this.#next();
      if (name === undefined) throw new SyntaxError('no name');
      this.#expect(':');
      members.list.push([decode(name), this.value()]);
    } while (this.#skips(','));
    this.#expect('}');
    return members;
  }

  #next(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw new SyntaxError('no token');
    this.#at = TOKEN.lastIndex;
    return found;
  }

  #skips(mark: string): boolean {
    TOKEN.lastIndex = this.#at;
    if (TOKEN.exec(this.#text)?.[1] !== mark) return false;
    this.#at = TOKEN.lastIndex;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#skips(mark)) throw new SyntaxError(`no ${mark}`);
  }
}

/** C's texts end at NUL. */
function decode(text: string): string {
  const escaped = text.replace(
    /[\0-\x1f]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return (JSON.parse(`"${escaped}"`) as string).split('\0', 1)[0] as string;
}
