// Which token a text is. A token's signature can be written anew by whoever holds it (an ECDSA or PSS signature by its
// issuer's key, padding by anybody where a broker lets it pass), its header and payload cannot: they alone are the identity.
import { hash } from 'node:crypto';
import { decodeLoosely, readPayloadBytes, splitLoosely } from './loose-jws.ts';

/** @param signingInput header and payload in strict base64url, with the dot between */
export const digestToken = (signingInput: string): string => hash('sha256', signingInput, 'base64url');

/** The same digest for each way in which a broker may read the token; undefined where it is none. */
export function identifyToken(token: string): string | undefined {
  const read = splitLoosely(token);
  const header = read && decodeLoosely(read.segments[0]);
  const payload = read && readPayloadBytes(read);
  if (header === undefined || payload === undefined) return undefined;
  return digestToken(`${header.toString('base64url')}.${payload.toString('base64url')}`);
}
