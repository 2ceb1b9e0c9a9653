// The request as the broker gets it: built anew from what was judged, never copied from what came in
// (RFC 9112 §11.2). Every name is the guard's own choice; client fields were picked by exact name.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allow, type Decision, deny, type Principal } from '../decision.ts';
import { AUTHORIZATION } from '../http/credential.ts';
import type { Head } from '../http/head.ts';
import type { Target } from '../http/target.ts';
import type { Permit } from '../policy/permit.ts';
import type { Body } from './body.ts';

/** A request that every step has let pass. */
export interface Forwarded {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly head: Head;
  readonly target: Target;
  /** Undefined where the call is open to whoever has no token. */
  readonly principal: Principal | undefined;
  readonly grant: Pick<Permit, 'hides'>;
  readonly body: Pick<Body, 'contentType'> | undefined;
}

export interface OutboundOptions {
  /** Stands before every path and is no part of what is judged; the empty text unless the settings have one. */
  readonly basePath: string;
  /** `host:port` of the broker. */
  readonly host: string;
  /** The broker's own credential, ready to send; undefined where it asks for none. */
  readonly credential: string | undefined;
}

/** Brokers close the connection without an answer when the head is longer (8,192 bytes for NanoMQ). */
const MAX_HEAD_BYTES = 8191;

/**
 * Request line and fields for the broker, ready to send: printable ASCII, so a character is a byte.
 * `head_too_large` where a broker would not read it.
 * @param contentLength exact body length in bytes; undefined for a request without a body
 */
export function buildOutboundHead(
  { id, req, head: received, target, principal, grant, body }: Forwarded,
  contentLength: number | undefined,
  options: OutboundOptions,
): Decision<string> {
  let head = `${req.method} ${options.basePath}${target.text} HTTP/1.1\r\nhost: ${options.host}\r\n`;
  const fields = grant.hides === undefined ? received.fields : selectPlainly(received.fields);
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  const contentType = body?.contentType ?? received.contentType;
  if (contentLength !== undefined) {
    if (contentType !== undefined) head += `content-type: ${contentType}\r\n`;
    head += `content-length: ${contentLength}\r\n`;
  }
  const subject = formatSubject(principal);
  head += formatCredential(options) + formatIssuer(principal) + subject;
  head += `x-request-id: ${id}\r\nvia: 1.1 broker-guard\r\n\r\n`;
  if (head.length <= MAX_HEAD_BYTES) return allow(head);
  const isSubject = head.length - subject.length <= MAX_HEAD_BYTES;
  return deny('head_too_large', isSubject ? SHORTER_SUBJECT : 'Send a shorter path or fewer headers.');
}

/** What asks for a part of the answer, for it in another form, or whether it is still the same. */
const SELECTIVE = /^(?:accept|range|if-.*)$/;

/** For an answer that has to be read: all of it, as JSON. */
function selectPlainly(fields: readonly string[]): string[] {
  const plain = ['accept', 'application/json'];
  for (let at = 0; at < fields.length; at += 2) {
    if (!SELECTIVE.test(fields[at] as string)) plain.push(fields[at] as string, fields[at + 1] as string);
  }
  return plain;
}

const SHORTER_SUBJECT =
  'The token says a sub that is too long for the header that carries it: mint one with a shorter sub.';

/** The head of a request of the guard's own. */
export function buildOwnHead(target: string, options: OutboundOptions, method = 'GET'): string {
  return `${method} ${options.basePath}${target} HTTP/1.1\r\nhost: ${options.host}\r\n${formatCredential(options)}via: 1.1 broker-guard\r\n\r\n`;
}

const formatCredential = ({ credential }: OutboundOptions): string =>
  credential === undefined ? '' : `${AUTHORIZATION}: ${credential}\r\n`;

/** A subject may hold any text: it travels percent-encoded, so that it can never end a line or add a field. */
const formatSubject = (principal: Principal | undefined): string =>
  principal?.subject === undefined ? '' : `x-guard-subject: ${encodeURIComponent(principal.subject)}\r\n`;

const formatIssuer = (principal: Principal | undefined): string =>
  principal === undefined ? '' : `x-guard-issuer: ${principal.issuer}\r\n`;
