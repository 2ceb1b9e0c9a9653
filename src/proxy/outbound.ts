// The request as the broker gets it: built anew from what was judged, never copied from what came in
// (RFC 9112 §11.2). Every name is the guard's own choice; client fields were picked by exact name.
import { allow, type Decision, deny, type Principal } from '../decision.ts';
import { AUTHORIZATION } from '../http/credential.ts';
import type { Exchange } from '../http/exchange.ts';

export interface OutboundOptions {
  /** `host:port` of the broker. */
  readonly host: string;
  /** The broker's own credential, ready to send; undefined where it asks for none. */
  readonly credential: string | undefined;
}

/** Brokers close the connection without an answer when the head is longer (8,192 bytes for NanoMQ). */
const MAX_HEAD_BYTES = 8191;
/** `HTTP/1.1`, the blanks, line ends, and the connection field the client library adds. */
const FIXED_BYTES = 64;

/**
 * Field names and values for the broker, flat. `head_too_large` where they would not fit.
 * @param contentLength exact body length in bytes; undefined for a request without a body
 */
export function buildOutboundFields(
  exchange: Exchange,
  contentLength: number | undefined,
  options: OutboundOptions,
): Decision<string[]> {
  const { inbound, target, principal, req } = exchange;
  const fields = ['host', options.host, ...inbound.fields];
  if (contentLength !== undefined) {
    if (inbound.contentType !== undefined) fields.push('content-type', inbound.contentType);
    fields.push('content-length', String(contentLength));
  }
  if (options.credential !== undefined) fields.push(AUTHORIZATION, options.credential);
  fields.push('x-request-id', exchange.id);
  pushIdentity(fields, principal);
  fields.push('via', '1.1 broker-guard');
  const size = FIXED_BYTES + (req.method?.length ?? 0) + (target?.text.length ?? 0) + measureFields(fields);
  return size > MAX_HEAD_BYTES
    ? deny('head_too_large', 'Send a shorter path or fewer headers.')
    : allow(fields);
}

/** A subject may hold any text: it travels percent-encoded, so that it can never end a line or add a field. */
function pushIdentity(fields: string[], principal: Principal | undefined): void {
  if (principal === undefined) return;
  fields.push('x-guard-issuer', principal.issuer);
  if (principal.subject !== undefined) fields.push('x-guard-subject', encodeURIComponent(principal.subject));
}

function measureFields(fields: readonly string[]): number {
  let bytes = 0;
  for (const text of fields) bytes += text.length + 2;
  return bytes;
}
