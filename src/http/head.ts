// What the guard reads of a request's head, in one pass over the raw lines, since Node's own view joins
// and drops repeated ones (two Authorization headers would look like one). Everything not listed is left behind.
import type { IncomingMessage } from 'node:http';
import { type Denial, deny } from '../decision.ts';
import { AUTHORIZATION } from './credential.ts';
import { CONNECTION, nominatedFields } from './hop-by-hop.ts';

export interface Head {
  /** One entry a header line. */
  readonly credentials: readonly string[];
  /** Forwardable fields: name, value, name, value. Lower-case names, body fields apart. */
  readonly fields: readonly string[];
  readonly contentType: string | undefined;
  /** Bytes; undefined where the request has no Content-Length. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  /** The client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  readonly denial: Denial | undefined;
  /** Body bytes are, or may be, on their way from the client. */
  readonly announcesBody: boolean;
}

/** Exact names, so that an alias such as `content_type` or `X.Guard.Issuer` is left behind too. */
const FORWARDED = new Map<string, 'list' | 'single'>([
  ['accept', 'list'],
  ['accept-language', 'list'],
  ['if-match', 'list'],
  ['if-none-match', 'list'],
  ['if-modified-since', 'single'],
  ['if-unmodified-since', 'single'],
  ['if-range', 'single'],
  ['range', 'single'],
  ['traceparent', 'single'],
  ['tracestate', 'list'],
  ['user-agent', 'single'],
]);

export const FORWARDED_FIELDS: readonly string[] = [...FORWARDED.keys()];

const PRINTABLE = /^[ -~]*$/;

/** Node drops fields beyond its own count, 2,000, in silence: a request must not come near it. */
const MAX_FIELD_LINES = 256;

/** Reads the head of a request. A head that has more than one reading carries a denial. */
export function readHead(req: IncomingMessage): Head {
  const reader = new HeadReader();
  const raw = req.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    reader.take((raw[at] as string).toLowerCase(), raw[at + 1] as string);
  }
  if (raw.length > 2 * MAX_FIELD_LINES) reader.refuseLines();
  reader.finish(req.httpVersion);
  return reader;
}

class HeadReader implements Head {
  readonly credentials: string[] = [];
  readonly fields: string[] = [];
  contentType: string | undefined;
  contentLength: number | undefined;
  chunked = false;
  expectsContinue = false;
  denial: Denial | undefined;
  private hosts = 0;
  private readonly nominated: string[] = [];

  take(name: string, value: string): void {
    switch (name) {
      case 'host':
        this.hosts++;
        break;
      case CONNECTION:
        this.nominated.push(...nominatedFields(value));
        break;
      case AUTHORIZATION:
        this.credentials.push(value);
        break;
      case 'content-type':
        if (this.contentType !== undefined) this.refuse('Send one Content-Type header.');
        this.requirePrintable(name, value);
        this.contentType = value;
        break;
      case 'content-length':
        this.takeLength(value);
        break;
      case 'transfer-encoding':
        // RFC 9112 §6.1: chunked is applied once, and nothing else is.
        if (this.chunked || value.toLowerCase() !== 'chunked')
          this.refuse('Only the chunked transfer coding is read.');
        this.chunked = true;
        break;
      case 'expect':
        this.expectsContinue = value.toLowerCase() === '100-continue';
        if (!this.expectsContinue) this.refuse('The only expectation that can be met is 100-continue.');
        break;
      case 'content-encoding':
        // The field would not be forwarded, and the body would then mean something else.
        if (value.toLowerCase() !== 'identity') {
          this.denial ??= deny('body_invalid', 'Send the body without Content-Encoding.');
        }
        break;
      default:
        this.forward(name, value);
    }
  }

  /** RFC 9112 §3.2: exactly one Host in HTTP/1.1; §6.1: no transfer coding in HTTP/1.0. */
  finish(version: string): void {
    const isOld = version === '1.0';
    if (isOld) this.expectsContinue = false;
    // The parser also lets 0.9 and 2.0 through, whose messages have another form.
    if (!isOld && version !== '1.1') this.refuse('Speak HTTP/1.1.');
    if (this.hosts > 1 || (this.hosts === 0 && !isOld)) this.refuse('Send exactly one Host header.');
    if (this.chunked && (isOld || this.contentLength !== undefined)) {
      this.refuse('The length of the body can be read in two ways.');
    }
    for (const name of this.nominated) this.leaveBehind(name);
  }

  /** RFC 9110 §7.6.1: what the client calls hop-by-hop ends here. */
  private leaveBehind(name: string): void {
    if (name === 'content-type') this.contentType = undefined;
    const at = this.findField(name);
    if (at !== -1) this.fields.splice(at, 2);
  }

  /** Where a field's name stands; values stand at odd places and are nobody's name. */
  private findField(name: string): number {
    for (let at = 0; at < this.fields.length; at += 2) if (this.fields[at] === name) return at;
    return -1;
  }

  get announcesBody(): boolean {
    return this.chunked || (this.contentLength ?? 0) > 0;
  }

  refuseLines(): void {
    this.denial = deny('head_too_large', `At most ${MAX_FIELD_LINES} header lines.`);
  }

  private takeLength(value: string): void {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    if (length === undefined || this.contentLength !== undefined)
      this.refuse('Send one plain Content-Length.');
    this.contentLength = length;
  }

  private forward(name: string, value: string): void {
    const kind = FORWARDED.get(name);
    if (kind === undefined) return;
    this.requirePrintable(name, value);
    const at = this.findField(name);
    if (at === -1) {
      this.fields.push(name, value);
      return;
    }
    if (kind === 'single') this.refuse(`Send one ${name} header.`);
    // RFC 9110 §5.3: one line, since brokers differ in which of several they read.
    this.fields[at + 1] += `, ${value}`;
  }

  /** Brokers hang up, without an answer, on a control or non-ASCII byte in a field. */
  private requirePrintable(name: string, value: string): void {
    if (!PRINTABLE.test(value)) this.refuse(`Send ${name} in printable ASCII.`);
  }

  private refuse(detail: string): void {
    this.denial ??= deny('request_malformed', detail);
  }
}
