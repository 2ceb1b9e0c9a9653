// A refusal as an HTTP answer: status, challenge (RFC 6750 §3), NanoMQ's code and a text that says what to
// do next. Every word of it comes from the reason table.
import type { ServerResponse } from 'node:http';
import { type Denial, type DenyReason, REASONS, type ReasonRow } from '../decision.ts';
import { CONNECTION } from './hop-by-hop.ts';
import { endAtEndOfTurn } from './turn.ts';

const REALM = 'broker-guard';

/** The JSON body of a refusal. `code` keeps NanoMQ's numbers, `reason` is a released word. */
export interface RefusalBody {
  readonly code: number;
  readonly reason: DenyReason | 'token_rejected';
  readonly message: string;
  readonly request_id: string;
}

export interface RefusalOptions {
  readonly requestId: string;
  /** Ends the connection: the rest of the request will not be read. */
  readonly close: boolean;
  /** Flat, name and value: what the answer carries besides. */
  readonly fields?: readonly string[];
}

/** A refusal in the words that a caller may read. */
export function describeRefusal(denial: Denial): {
  row: ReasonRow;
  reason: RefusalBody['reason'];
  message: string;
} {
  const row = REASONS[denial.reason];
  return { row, reason: row.shownAs ?? denial.reason, message: describe(row, denial) };
}

/** Head and body of a refusal, for a response or a bare socket. */
export function formatRefusal(denial: Denial, options: RefusalOptions) {
  const { row, reason, message } = describeRefusal(denial);
  const told = { code: row.code, reason, message, request_id: options.requestId } satisfies RefusalBody;
  // A terminal shows its prompt on a line of its own.
  const body = `${JSON.stringify(told)}\n`;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': options.requestId,
  };
  if (row.status === 401 || row.status === 403)
    headers['www-authenticate'] = formatChallenge(row, message, denial.scope);
  if (denial.allowedMethods !== undefined) headers.allow = denial.allowedMethods.join(', ');
  const retryAfter = denial.retryAfterSeconds ?? (row.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  if (options.close) headers[CONNECTION] = 'close';
  const { fields = [] } = options;
  for (let at = 0; at < fields.length; at += 2) headers[fields[at] as string] = fields[at + 1] as string;
  return { status: row.status, headers, body };
}

/** Writes a refusal to a response whose head is not sent yet. Returns how many bytes of body go out. */
export function writeRefusal(res: ServerResponse, denial: Denial, options: RefusalOptions): number {
  const { status, headers, body } = formatRefusal(denial, options);
  res.writeHead(status, headers);
  if (res.req.method === 'HEAD') res.end();
  else endAtEndOfTurn(res, body, 'utf8');
  return res.req.method === 'HEAD' ? 0 : Buffer.byteLength(body);
}

/** The same for a response that others may write to as well: nothing of theirs can come between head and body. */
export function writeRefusalAtOnce(res: ServerResponse, denial: Denial, options: RefusalOptions): number {
  const { status, headers, body } = formatRefusal(denial, options);
  res.writeHead(status, headers).end(body);
  return res.req.method === 'HEAD' ? 0 : Buffer.byteLength(body);
}

/** The detail tells more than the row, except where the true reason is not for the caller. */
function describe(row: ReasonRow, denial: Denial): string {
  return denial.detail === undefined || row.shownAs !== undefined
    ? row.message
    : `${row.message} ${denial.detail}`;
}

/** RFC 6750 §3.1: no error code where the request carried no credential at all. */
function formatChallenge({ error }: ReasonRow, message: string, scope: string | undefined): string {
  const challenge = `Bearer realm="${REALM}"`;
  if (error === undefined) return challenge;
  const wanted = scope === undefined ? '' : `, scope="${scope}"`;
  return `${challenge}, error="${error}", error_description="${message}"${wanted}`;
}
