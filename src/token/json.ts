// Strict JSON for token parts: UTF-8, one object, no repeated member names at any level (RFC 7515 §4,
// RFC 7519 §4: parsers that take the first and parsers that take the last must not disagree), bounded depth.

const MAX_DEPTH = 8;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonObject = { readonly [name: string]: unknown };

/** The object that `bytes` spell; undefined for anything a strict reader would not take. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return hasPlainStructure(text) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a text that JSON.parse accepted is not nested too deep and repeats no member name. Names are
 * compared after unescaping: "\u0069ss" is "iss".
 */
function hasPlainStructure(text: string): boolean {
  const names: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (names.push(character === '{' ? new Set() : undefined) > MAX_DEPTH) return false;
    } else if (character === '}' || character === ']') {
      names.pop();
    } else if (character === '"') {
      const end = endOfString(text, at);
      if (isRepeatedName(text, at, end, names.at(-1))) return false;
      at = end;
    }
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isRepeatedName(text: string, start: number, end: number, seen: Set<string> | undefined): boolean {
  if (seen === undefined || !isFollowedByColon(text, end + 1)) return false;
  const name = JSON.parse(text.slice(start, end + 1)) as string;
  if (seen.has(name)) return true;
  seen.add(name);
  return false;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  return text[at] === ':';
}
