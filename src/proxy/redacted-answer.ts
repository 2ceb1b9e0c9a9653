// A broker's answer without its secrets: collected whole, within a bound, edited, and sent as the guard's own representation.
// What the broker says of the raw answer (its length, its tag, its parts) is not said of this one.
import { type Denial, deny } from '../decision.ts';
import { CONNECTION } from '../http/hop-by-hop.ts';
import { redact } from '../policy/redaction.ts';
import type { SecretMembers } from '../policy/secret-members.ts';
import type { Allowance } from './allowance.ts';
import { LOOKED_AT_BYTES } from './answer-code.ts';
import { buildAnswerHead, type OwnAddress } from './answer-fields.ts';
import type { Answered, AnswerWriter } from './answer-writer.ts';
import { Collected } from './collected.ts';

export interface RedactionLimits {
  /** The largest answer that is read. */
  readonly maxAnswerBytes: number;
  /** Bytes of answers, from when they are read until they are sent. */
  readonly held: Allowance;
}

export interface Redaction {
  readonly secrets: SecretMembers;
  readonly limits: RedactionLimits;
  /** Whose allowance it counts for. */
  readonly caller: string;
}

const REDACTED_FIELD = 'x-guard-redacted';
/** Fields of the broker that hold for what is left as well. */
const KEPT_FIELDS: ReadonlySet<string> = new Set(['content-type', 'cache-control', 'date', 'vary']);
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i;

export class RedactedAnswer implements AnswerWriter {
  bytesOut = 0;
  beginning = '';
  private status = 0;
  private fields: string[] = [];
  /** Finishes the sentence "It ...", of an answer with a body. */
  private flaw: string | undefined;
  private length = 0;
  private isWritten = false;
  private readonly collected: Collected;
  private readonly exchange: Answered;
  private readonly own: OwnAddress;
  private readonly redaction: Redaction;

  constructor(exchange: Answered, own: OwnAddress, redaction: Redaction) {
    this.exchange = exchange;
    this.own = own;
    this.redaction = redaction;
    const { limits, caller } = redaction;
    this.collected = new Collected(limits.held, caller, limits.maxAnswerBytes);
  }

  begin(status: number, fields: readonly string[]): undefined {
    this.status = status;
    let type = '';
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const name = (fields[at] as string).toLowerCase();
      const value = fields[at + 1] as string;
      if (KEPT_FIELDS.has(name)) this.fields.push(name, value);
      if (name === 'content-type') type = value;
      if (name === 'content-encoding' && value.toLowerCase() !== 'identity') this.flaw ??= 'is compressed';
    }
    if (!JSON_TYPE.test(type)) this.flaw ??= 'is not called JSON';
  }

  take(chunk: Buffer): true | Denial {
    if (this.flaw !== undefined) return this.withhold(this.flaw);
    const { maxAnswerBytes } = this.redaction.limits;
    const isFirst = this.length === 0;
    this.length += chunk.length;
    if (this.length > maxAnswerBytes)
      return this.withhold(`is larger than ${maxAnswerBytes} bytes (guard.limits.redacted)`);
    // A copy: the memory is read into again.
    const isKept = this.collected.append(isFirst ? Buffer.from(chunk) : chunk);
    return isKept || deny('upstream_busy', TOO_MANY);
  }

  end(): Denial | undefined {
    const whole = this.collected.bytes();
    this.beginning = whole.toString('latin1', 0, LOOKED_AT_BYTES);
    const body = whole.length === 0 ? whole : redact(whole, this.redaction.secrets);
    if ('flaw' in body) return this.withhold(body.flaw);
    if (body !== whole) this.collected.replace(body);
    this.write(body);
    return undefined;
  }

  /** What is written counts until the client has it. */
  stop(): void {
    if (!this.isWritten) this.collected.forget();
  }

  private write(body: Buffer): void {
    const { res, req, id } = this.exchange;
    const { fields } = buildAnswerHead(this.status, this.fields, id, this.own);
    fields.push(...this.exchange.answerFields, REDACTED_FIELD, 'true');
    // RFC 9110 §8.6: of a HEAD nobody knows how long the answer to a GET would be.
    const isSized = req.method !== 'HEAD' && this.status !== 204 && this.status !== 304;
    if (isSized) fields.push('content-length', String(body.length));
    if (this.exchange.endsConnection()) fields.push(CONNECTION, 'close');
    this.bytesOut = body.length;
    this.isWritten = true;
    res.once('close', () => this.collected.forget());
    res.writeHead(this.status, fields).end(body);
  }

  private withhold(flaw: string): Denial {
    return deny('answer_withheld', `It has status ${this.status} and ${flaw}.`);
  }
}

const TOO_MANY = 'The guard holds as many answers without their secrets as it may (guard.limits.redacted).';
