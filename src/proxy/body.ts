// The body of a request on its way to the broker. A small one, and one of unknown length, is collected before anything is
// sent, since a broker may not understand chunks; a large one streams once its first part is there. Nobody may take
// longer over it than the settings allow.
import type { IncomingMessage } from 'node:http';
import { type Denial, deny } from '../decision.ts';
import type { BodySink, OutboundBody } from '../upstream/exchange.ts';
import { LateBodyError } from '../upstream/failures.ts';
import type { Allowance } from './allowance.ts';
import { free } from './body-memory.ts';
import { Collected } from './collected.ts';
import { UploadClock, type UploadTimes } from './upload-clock.ts';

export interface BodyLimits {
  /** The broker's `http_server.max_body`. */
  readonly maxBodyBytes: number;
  readonly uploadTimes: UploadTimes;
  readonly collected: Allowance;
}

/** What a body is known by before it is read. */
export interface BodyHead {
  /** Undefined for a chunked one. */
  readonly contentLength: number | undefined;
  /** Whose allowance its collecting counts for. */
  readonly caller: string;
  /** It is wanted whole, however large. */
  readonly isWhole: boolean;
}

/** A body that can be sent, whoever has made it. */
export interface Body extends OutboundBody {
  /** Bytes received from the caller so far. */
  readonly received: number;
  /** In bytes, exact. */
  readonly length: number;
  /** Where it is not what the caller calls it. */
  readonly contentType: string | undefined;
}

/** Up to here a body is collected whole. */
export const SMALL_BODY_BYTES = 64 * 1024;

export const denyTooLarge = (maxBodyBytes: number, detail = ''): Denial =>
  deny('body_too_large', `At most ${maxBodyBytes} bytes${detail}.`);

/** What becomes of the opening: the body can be sent, is refused, or its caller has left. */
export type Opening = 'ready' | 'gone' | Denial;

export class RequestBody implements Body {
  /** Bytes received so far. */
  received = 0;
  readonly isStreamed: boolean;
  readonly contentType = undefined;
  private readonly req: IncomingMessage;
  private readonly head: BodyHead;
  private readonly limits: BodyLimits;
  /** What of it is there. */
  readonly collected: Collected;
  private readonly clock: UploadClock;
  private settle: ((opening: Opening) => void) | undefined;
  private sink: BodySink | undefined;

  constructor(req: IncomingMessage, head: BodyHead, limits: BodyLimits) {
    this.req = req;
    this.head = head;
    this.limits = limits;
    this.isStreamed = !head.isWhole && (head.contentLength ?? 0) > SMALL_BODY_BYTES;
    this.collected = new Collected(limits.collected, head.caller);
    this.clock = new UploadClock(limits.uploadTimes, () => this.onLate());
  }

  /** In bytes, exact: known when the body is open. */
  get length(): number {
    return this.head.contentLength ?? this.received;
  }

  /** Reads until there is enough to be sent. */
  open(): Promise<Opening> {
    const { req } = this;
    req.on('data', this.onData).on('end', this.onEnd).on('error', this.onGone).on('close', this.onGone);
    this.clock.start();
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  flow(sink: BodySink): void {
    this.sink = sink;
    const first = this.collected.bytes();
    if (this.received === this.length) sink.end(first, this.collected.free);
    else if (sink.write(first, this.collected.free)) this.resume();
  }

  resume(): void {
    this.clock.start();
    this.req.resume();
  }

  stop(): void {
    this.pause();
    this.sink = undefined;
    this.collected.forget();
    const { req } = this;
    req.off('data', this.onData).off('end', this.onEnd).off('close', this.onGone);
  }

  /** The caller need not send: nobody takes it, or nobody yet. */
  private pause(): void {
    this.clock.stop();
    if (!this.req.complete) this.req.pause();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    this.clock.note();
    if (this.sink !== undefined) this.pass(chunk, this.sink);
    else this.collect(chunk);
  };

  private pass(chunk: Buffer, sink: BodySink): void {
    const onTaken = () => free(chunk);
    if (this.received === this.length) {
      this.clock.stop();
      sink.end(chunk, onTaken);
    } else if (!sink.write(chunk, onTaken)) this.pause();
  }

  private collect(chunk: Buffer): void {
    const denial = this.isStreamed ? undefined : this.judgeLength();
    if (denial !== undefined) this.conclude(denial);
    else if (!this.collected.append(chunk)) this.conclude(deny('upstream_busy', FULL));
    else if (this.isStreamed && this.received >= SMALL_BODY_BYTES) this.conclude('ready');
  }

  /** Of a body that has to be collected whole. */
  private judgeLength(): Denial | undefined {
    const { maxBodyBytes, collected } = this.limits;
    if (this.received > maxBodyBytes) return denyTooLarge(maxBodyBytes);
    if (this.received <= collected.most) return undefined;
    return denyTooLarge(
      collected.most,
      this.head.contentLength === undefined ? ' without a Content-Length' : '',
    );
  }

  private conclude(opening: Opening): void {
    this.pause();
    if (opening !== 'ready') this.stop();
    this.settle?.(opening);
    this.settle = undefined;
  }

  private readonly onEnd = (): void => {
    if (this.settle !== undefined) this.conclude('ready');
  };

  /** Whoever closes before the end has broken off. */
  private readonly onGone = (): void => {
    if (this.req.complete) return;
    if (this.settle !== undefined) this.conclude('gone');
    else this.sink?.fail(new Error('the caller broke off the body'));
  };

  private onLate(): void {
    if (this.settle !== undefined) this.conclude(deny('request_timeout'));
    else this.sink?.fail(new LateBodyError());
  }
}

const FULL = 'The guard holds as many unsent bodies as it may (guard.limits.collected).';
