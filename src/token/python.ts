// JSON and whole numbers as Python reads them, for the answers of a broker written in it.
import { isUtf8 } from 'node:buffer';
import type { JsonObject } from './json.ts';

const LITERAL = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;

/** Python's json: a byte order mark and NaN pass, and the last of repeated members counts. */
export function readPythonJson(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  // What is no number to JSON is none to any check either.
  const text = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replace(LITERAL, (piece) => (piece.startsWith('"') ? piece : 'null'));
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Python's int(): a fraction is cut, a text may have blanks, a sign, underscores and any script's digits. */
export function readPythonInt(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (!/^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u.test(text)) return undefined;
  return Number(text.replaceAll('_', '').replace(/\p{Nd}/gu, (digit) => String(valueOfDigit(digit))));
}

/** Each script's ten digits stand side by side, the zero first. */
function valueOfDigit(digit: string): number {
  let zero = digit.codePointAt(0) as number;
  const start = zero;
  while (start - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return start - zero;
}
