// Tokens as brokers read them: more than one text for the same token, members that repeat. Used where a broker's own answers
// are asked for, and for what all of these texts have in common; nothing read here may be a key of anything.
import { isUtf8 } from 'node:buffer';
import type { JsonObject } from './json.ts';

export interface LooseToken {
  /** The segments as they were sent. */
  readonly segments: readonly [header: string, payload: string, signature: string];
  readonly header: LooseObject;
  readonly signature: Buffer;
}

/** An object whose repeated members are all there, each with its value as it was written. */
export interface LooseObject {
  /** The last of repeated members counts. */
  readonly value: JsonObject;
  readonly members: readonly (readonly [name: string, written: string])[];
}

/** Three segments, the header an object. */
export function splitLoosely(token: string): LooseToken | undefined {
  const segments = token.split('.');
  const [header, payload, signature] = segments;
  if (header === undefined || payload === undefined || signature === undefined || segments.length > 3)
    return undefined;
  const [headerBytes, signatureBytes] = [decodeLoosely(header), decodeLoosely(signature)];
  const read = headerBytes && readLooseObject(headerBytes);
  if (read === undefined || signatureBytes === undefined) return undefined;
  return { segments: [header, payload, signature], header: read, signature: signatureBytes };
}

/** RFC 7797: the payload may stand as it is. */
export const isPlainPayload = ({ header }: LooseToken): boolean =>
  writtenOf(header, 'b64', 'first') === 'false';

export function readPayloadBytes(token: LooseToken): Buffer | undefined {
  const [, segment] = token.segments;
  return isPlainPayload(token) ? Buffer.from(segment, 'utf8') : decodeLoosely(segment);
}

/** Base64url with or without padding, whatever its last bits are. */
export function decodeLoosely(text: string): Buffer | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9_-]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  return Buffer.from(bare, 'base64url');
}

export function readLooseObject(bytes: Buffer): LooseObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return { value: value as JsonObject, members: listMembers(text) };
  } catch {
    return undefined;
  }
}

/** The value of a member as it was written; of repeated ones the first or the last. */
export function writtenOf(
  { members }: LooseObject,
  name: string,
  which: 'first' | 'last',
): string | undefined {
  const found = members.filter(([member]) => member === name);
  return found.at(which === 'first' ? 0 : -1)?.[1];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/** The members of the object a text spells, which JSON.parse has accepted. */
function listMembers(text: string): [string, string][] {
  const members: [string, string][] = [];
  let depth = 0;
  let name: string | undefined;
  let written = '';
  let latest = '';
  for (const [piece] of text.matchAll(TOKEN)) {
    const isOpening = piece === '{' || piece === '[';
    const isClosing = piece === '}' || piece === ']';
    if (isClosing) depth--;
    if (depth === 0 || (depth === 1 && piece === ',')) {
      if (name !== undefined) members.push([name, written]);
      [name, written] = [undefined, ''];
    } else if (depth === 1 && piece === ':' && name === undefined) {
      [name, written] = [JSON.parse(latest) as string, ''];
    } else {
      written += piece;
      latest = piece;
    }
    if (isOpening) depth++;
  }
  return members;
}
