// Strict JSON for token parts: one object, no repeated member names at any level (RFC 7515 §4, RFC 7519 §4: parsers that
// take the first and parsers that take the last must not disagree), bounded depth.
import { readStrictJson } from '../json/strict.ts';

export type JsonObject = { readonly [name: string]: unknown };

/** The object that `bytes` spell; undefined for anything a strict reader would not take. */
export function parseJsonObject(bytes: Buffer): JsonObject | undefined {
  const read = readStrictJson(bytes);
  if ('flaw' in read) return undefined;
  const { value } = read;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
