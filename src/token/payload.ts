// What a token says of itself, for whoever has verified it: its payload again, and its members one by one. A token
// is read again where it is needed rather than kept read, since thousands of them may be remembered.
import { decodeBase64url } from './base64url.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

/** @param token one that was verified: its payload is known to be readable */
export function readVerifiedPayload(token: string): JsonObject {
  const [, payload = ''] = token.split('.');
  const read = parseJsonObject(decodeBase64url(payload) ?? Buffer.alloc(0));
  if (read === undefined) throw new Error('a token was read that nobody verified');
  return read;
}

/** A claim by a name that somebody chose: `toString` is none of the payload's. */
export const claimOf = (payload: JsonObject, name: string): unknown =>
  Object.hasOwn(payload, name) ? payload[name] : undefined;
