// What the guard reads of a request's head, in one pass over the raw lines, since Node's own view joins
// and drops repeated ones (two Authorization headers would look like one). Everything not listed is left behind.
import type { IncomingMessage } from 'node:http';
import { type Denial, deny } from '../decision.ts';
import { AUTHORIZATION } from './credential.ts';

export interface Inbound {
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

const PRINTABLE = /^[ -~]*$/;

/** Reads the head of a request. A head that has more than one reading carries a denial. */
export function readInbound(req: IncomingMessage): Inbound {
  const reader = new HeadReader();
  const raw = req.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    reader.take((raw[at] as string).toLowerCase(), raw[at + 1] as string);
  }
  reader.finish(req.httpVersionMinor);
  return reader;
}

class HeadReader implements Inbound {
  readonly credentials: string[] = [];
  readonly fields: string[] = [];
  contentType: string | undefined;
  contentLength: number | undefined;
  chunked = false;
  expectsContinue = false;
  denial: Denial | undefined;
  private hosts = 0;

  take(name: string, value: string): void {
    switch (name) {
      case 'host':
        this.hosts++;
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
        this.chunked = true;
        if (value.toLowerCase() !== 'chunked') this.refuse('Only the chunked transfer coding is read.');
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
  finish(minorVersion: number): void {
    if (minorVersion === 0) this.expectsContinue = false;
    if (this.hosts > 1 || (this.hosts === 0 && minorVersion >= 1))
      this.refuse('Send exactly one Host header.');
    if (this.chunked && (minorVersion === 0 || this.contentLength !== undefined)) {
      this.refuse('The length of the body can be read in two ways.');
    }
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
    if (kind === 'single' && this.fields.includes(name)) this.refuse(`Send one ${name} header.`);
    this.requirePrintable(name, value);
    this.fields.push(name, value);
  }

  /** Brokers hang up, without an answer, on a control or non-ASCII byte in a field. */
  private requirePrintable(name: string, value: string): void {
    if (!PRINTABLE.test(value)) this.refuse(`Send ${name} in printable ASCII.`);
  }

  private refuse(detail: string): void {
    this.denial ??= deny('request_malformed', detail);
  }
}
