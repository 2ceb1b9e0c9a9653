// The broker's answer head, made ready for the client: hop-by-hop fields removed, nothing cached by chance.
import { CONNECTION, isHopByHop, nominatedFields } from '../http/hop-by-hop.ts';

export interface AnswerHead {
  readonly status: number;
  /** Flat: name, value, name, value. */
  readonly fields: string[];
  /** Bytes; undefined where the broker does not say. */
  readonly contentLength: number | undefined;
}

/** Where the broker is, as it may name itself in an answer. */
export interface OwnAddress {
  /** `http://127.0.0.1:8081` */
  readonly origin: string;
  readonly basePath: string;
}

/**
 * @param raw the broker's fields as received, flat, names in any case
 * @param requestId told to the client so that a call can be found among the audit records
 */
export function buildAnswerHead(
  status: number,
  raw: readonly string[],
  requestId: string,
  own: OwnAddress,
): AnswerHead {
  const nominated = findNominated(raw);
  const fields: string[] = [];
  let contentLength: number | undefined;
  let cached = false;
  let sniffed = status < 400;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = raw[at + 1] as string;
    if (isHopByHop(name) || nominated.includes(name) || name === 'x-request-id') continue;
    // Which pages may read an answer of the guard's is for the guard to say.
    if (name.startsWith('access-control-')) continue;
    // RFC 9110 §8.6: a 204 has no length, and a client might wait for it.
    if (name === 'content-length' && status === 204) continue;
    if (name === 'content-length') contentLength = Number(value);
    else if (name === 'cache-control') cached = true;
    else if (name === 'x-content-type-options') sniffed = true;
    fields.push(name, name === 'location' ? makeRelative(value, own) : value);
  }
  // RFC 9111 §3.5: what was fetched with a credential is nobody else's.
  if (!cached) fields.push('cache-control', 'no-store');
  // Brokers repeat the media type of the request in an error: no browser is to guess at what it is then.
  if (!sniffed) fields.push('x-content-type-options', 'nosniff');
  fields.push('x-request-id', requestId);
  return { status, fields, contentLength };
}

/** RFC 9110 §10.2.2: a place of the broker's own is to be asked for at the guard, under the path that the guard has for it. */
function makeRelative(location: string, { origin, basePath }: OwnAddress): string {
  // Relative to what was asked for: it leads where it led before.
  if (!/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(location) || !URL.canParse(location, origin)) return location;
  const url = new URL(location, origin);
  if (url.origin !== origin) return location;
  const isBelow = basePath !== '' && url.pathname.startsWith(`${basePath}/`);
  return (isBelow ? url.pathname.slice(basePath.length) : url.pathname) + url.search + url.hash;
}

/** Of every Connection line: the second counts as much as the first. */
function findNominated(raw: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if ((raw[at] as string).toLowerCase() === CONNECTION)
      names.push(...nominatedFields(raw[at + 1] as string));
  }
  return names;
}
