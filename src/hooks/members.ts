// The members of a broker's question, taken one by one. What is no plain text, or stands where it cannot, is a bad question;
// members nobody asks for are passed over, since brokers get new ones. Knows no broker.
import type { Qos } from '../policy/topic-rules.ts';

/** A question that cannot be read. The message is for the operator, and holds nothing that was sent. */
export class BadQuestion extends Error {
  readonly code = 'QUESTION_INVALID';
}

/** A client id, a user name and a mountpoint that no broker's client needs more of. */
const MAX_NAME = 8192;

export class Members {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** As it stands; undefined where it is absent or null. */
  take(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  /** A text; undefined where it is absent or empty, which brokers do not tell apart. */
  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw new BadQuestion(`${name} is no text`);
    return checkText(name, value);
  }

  needText(name: string): string {
    return this.text(name) ?? missing(name);
  }

  /** The same of a client or what it belongs to: it is kept. */
  name(name: string): string | undefined {
    const value = this.text(name);
    if (value !== undefined && value.length > MAX_NAME) throw new BadQuestion(`${name} is too long`);
    return value;
  }

  needName(name: string): string {
    return this.name(name) ?? missing(name);
  }

  /** One of the words, in digits or as a number too. */
  word<const T extends string>(name: string, words: readonly T[]): T {
    const value = this.take(name);
    const isWord = typeof value === 'string' || typeof value === 'number';
    const word = isWord ? words.find((one) => one === String(value)) : undefined;
    if (word === undefined) throw new BadQuestion(`${name} is none of ${words.join(', ')}`);
    return word;
  }

  qos(): Qos | undefined {
    return this.#given('qos') === undefined ? undefined : (Number(this.word('qos', ['0', '1', '2'])) as Qos);
  }

  retain(): boolean | undefined {
    const value = this.#given('retain');
    if (value === undefined) return undefined;
    if (value === true || value === 'true' || value === 1 || value === '1') return true;
    if (value === false || value === 'false' || value === 0 || value === '0') return false;
    throw new BadQuestion('retain is neither true nor false');
  }

  #given(name: string): unknown {
    const value = this.take(name);
    return value === '' ? undefined : value;
  }
}

function missing(name: string): never {
  throw new BadQuestion(`${name} is missing`);
}

/** [MQTT-1.5.4-1], [MQTT-1.5.4-2] */
export function checkText(name: string, value: string): string {
  if (value.includes('\0') || !value.isWellFormed()) throw new BadQuestion(`${name} is no text of MQTT`);
  return value;
}
