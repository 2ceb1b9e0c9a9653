// Carries the broker's answer to the client: head, chunks, end, or the reason why there is none.
import { type Denial, deny } from '../decision.ts';
import type { Exchange, Follower } from '../http/exchange.ts';
import { CONNECTION } from '../http/hop-by-hop.ts';
import { endAtEndOfTurn } from '../http/turn.ts';
import { buildAnswerHead } from './answer-fields.ts';
import type { AnswerHandler, Call, ChunkSource } from './call.ts';
import { classifyFailure } from './upstream.ts';

export interface RelayOptions {
  readonly credential: string | undefined;
  readonly tick: () => number;
  readonly report: (line: string) => void;
  /** Says why a call to the broker failed. */
  readonly reportFailure: (error: Error) => void;
}

const SMALL_BODY_BYTES = 16 * 1024;
/** Less is copied: what is kept keeps 64 KiB, and a broker may send its answer byte by byte. */
const LEAST_KEPT_BYTES = 4 * 1024;

export class Relay implements AnswerHandler, Follower {
  call: Call | undefined;
  private isEnded = false;
  private isReusable = true;
  /** The client has to take what was written before it gets more. */
  private isWaiting = false;
  private hasHead = false;
  private contentLength: number | undefined;
  /** A small body that came in one piece, kept for its end: head and body then leave in one write. */
  private whole: string | undefined;
  private readonly exchange: Exchange;
  private readonly options: RelayOptions;
  private readonly refuse: (exchange: Exchange, denial: Denial) => void;

  constructor(
    exchange: Exchange,
    options: RelayOptions,
    refuse: (exchange: Exchange, denial: Denial) => void,
  ) {
    this.exchange = exchange;
    this.options = options;
    this.refuse = refuse;
  }

  onHead(status: number, rawFields: readonly string[]): void {
    const { exchange } = this;
    exchange.upstreamStatus = status;
    if (status === 401 && this.options.credential !== undefined) return;
    this.hasHead = true;
    const head = buildAnswerHead(status, rawFields, exchange.id);
    // After 400 and after the HTML pages of a broker's HTTP layer the request body may still lie unread on
    // the connection, where it would be taken for the next caller's request.
    this.isReusable = status !== 400 && !head.contentType.startsWith('text/html');
    if (exchange.judgeConnection()) head.fields.push(CONNECTION, 'close');
    this.contentLength = head.contentLength;
    exchange.res.writeHead(status, head.fields);
  }

  onData(chunk: Buffer, source: ChunkSource): boolean {
    const { res } = this.exchange;
    if (!this.hasHead) return true;
    this.exchange.bytesOut += chunk.length;
    if (chunk.length === this.contentLength && chunk.length <= SMALL_BODY_BYTES) {
      // latin1 keeps every byte.
      this.whole = chunk.toString('latin1');
      return true;
    }
    const isSmall = chunk.length < LEAST_KEPT_BYTES;
    if (isSmall ? res.write(Buffer.from(chunk)) : res.write(chunk, source.keep())) return true;
    if (!this.isWaiting) res.once('drain', () => this.resume());
    this.isWaiting = true;
    return false;
  }

  onEnd(): boolean {
    this.close();
    if (!this.hasHead) return this.refuseOwnCredentials();
    this.exchange.completed = true;
    const { res } = this.exchange;
    const { whole } = this;
    if (whole === undefined) res.end();
    else endAtEndOfTurn(res, whole, 'latin1');
    return this.isReusable;
  }

  onFailure(error: Error): void {
    this.close();
    const { req, res } = this.exchange;
    // The client broke off its own body: nobody is left to be answered, and the broker is not to blame.
    if (req.destroyed && !req.complete) return;
    this.options.reportFailure(error);
    const denial = deny(classifyFailure(error));
    if (!res.headersSent) {
      this.refuse(this.exchange, denial);
      return;
    }
    // Half an answer is out: only a broken connection tells the client that the rest is missing.
    this.exchange.denial = denial;
    res.destroy();
  }

  /** The client is gone: the broker need not finish. */
  abandon(): void {
    if (!this.isEnded) this.call?.abort();
  }

  private resume(): void {
    this.isWaiting = false;
    this.call?.resume();
  }

  private close(): void {
    this.isEnded = true;
    this.exchange.upstreamEndedTick = this.options.tick();
  }

  /** A 401 here is about the guard's own credentials; handed on, it would blame the caller's token. */
  private refuseOwnCredentials(): boolean {
    this.options.report(
      'the broker refuses the credentials of the guard: see http_server.username and password',
    );
    this.refuse(this.exchange, deny('upstream_broken', 'It does not accept the credentials of the guard.'));
    return false;
  }
}
