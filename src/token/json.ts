// Strict JSON for token parts: UTF-8, one object, no repeated member names at any level (RFC 7515 §4,
// RFC 7519 §4: parsers that take the first and parsers that take the last must not disagree), bounded depth.

import { isUtf8 } from 'node:buffer';

const MAX_DEPTH = 256;

export type JsonObject = { readonly [name: string]: unknown };

/** The object that `bytes` spell; undefined for anything a strict reader would not take. */
export function parseJsonObject(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const text = bytes.toString('utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return hasPlainStructure(text) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Whether a text that JSON.parse accepted is not nested too deep and repeats no member name. Names are
 * compared after unescaping: "\u0069ss" is "iss".
 */
function hasPlainStructure(text: string): boolean {
  const names: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === OPEN_OBJECT || character === OPEN_ARRAY) {
      if (names.push(character === OPEN_OBJECT ? new Set() : undefined) > MAX_DEPTH) return false;
    } else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) {
      names.pop();
    } else if (character === QUOTE) {
      const end = endOfString(text, at);
      if (isRepeatedName(text, at, end, names.at(-1))) return false;
      at = end;
    }
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let character = text.charCodeAt(at); character !== QUOTE; character = text.charCodeAt(at)) {
    at += character === BACKSLASH ? 2 : 1;
  }
  return at;
}

function isRepeatedName(text: string, start: number, end: number, seen: Set<string> | undefined): boolean {
  if (seen === undefined || !isFollowedByColon(text, end + 1)) return false;
  const written = text.slice(start + 1, end);
  const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
  if (seen.has(name)) return true;
  seen.add(name);
  return false;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  return text[at] === ':';
}
