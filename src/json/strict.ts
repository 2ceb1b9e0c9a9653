// Strict JSON (RFC 8259 in UTF-8, without a byte order mark): a text that two readers could take for two values is none.
import { isUtf8 } from 'node:buffer';
import { type JsonVisitor, walkJson } from './walk.ts';

export type StrictReading =
  | { readonly text: string; readonly value: unknown }
  /** Finishes the sentence "It ...". */
  | { readonly flaw: string };

/** Nothing is wanted but that the text be strict. */
const NOBODY: JsonVisitor = {
  onName: (name) => name,
  onMark: () => undefined,
  onScalar: () => undefined,
};

/** @param makeVisitor of one who is shown the text on the way, and perhaps one that turns out to have a flaw */
export function readStrictJson(
  bytes: Buffer,
  makeVisitor: (text: string) => JsonVisitor = () => NOBODY,
): StrictReading {
  if (!isUtf8(bytes)) return { flaw: 'is not UTF-8' };
  const text = bytes.toString('utf8');
  if (text.startsWith('\ufeff')) return { flaw: 'begins with a byte order mark' };
  const value = parse(text);
  if (value === undefined) return { flaw: 'is no JSON, or more than one JSON text' };
  const found = walkJson(text, makeVisitor(text));
  if (found !== undefined) return { flaw: FLAWS[found] };
  return { text, value };
}

const FLAWS = {
  repeated_name: 'names a member twice in one object',
  too_deep: 'is nested too deep',
} as const;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
