// Carries the broker's answer to the client: head, chunks, end, or the reason why there is none. Counts what went by.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Denial, deny } from '../decision.ts';
import { CONNECTION } from '../http/hop-by-hop.ts';
import { endAtEndOfTurn } from '../http/turn.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { Pending } from '../pending.ts';
import type { AnswerHandler, ChunkSource, OutboundRequest, UpstreamExchange } from '../upstream/exchange.ts';
import { classifyFailure } from '../upstream/failures.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import { LOOKED_AT_BYTES, readAnswerCode } from './answer-code.ts';
import { buildAnswerHead, type OwnAddress } from './answer-fields.ts';

export interface RelayOptions extends OwnAddress {
  readonly upstream: Pick<UpstreamPool, 'send'>;
  readonly credential: string | undefined;
  readonly tick: () => number;
  readonly say: SeldomReport;
  /** Says why a call to the broker failed. */
  readonly reportFailure: (error: Error) => void;
}

/** The exchange with the client, as far as the answer goes. */
export interface Answered {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Flat, name and value: what every answer carries. */
  readonly answerFields: readonly string[];
  /** To be asked once, when the head of the answer is written. */
  endsConnection(): boolean;
}

const SMALL_BODY_BYTES = 16 * 1024;
/** Less is copied: what is kept keeps 64 KiB, and a broker may send its answer byte by byte. */
const LEAST_KEPT_BYTES = 4 * 1024;

/** Settles with what the client has to be told instead of an answer, or with nothing. */
export class Relay extends Pending<Denial | undefined> implements AnswerHandler {
  upstreamStatus: number | undefined;
  /** Body bytes sent to the client. */
  bytesOut = 0;
  /** The broker's answer was handed to the client whole. */
  isComplete = false;
  private startedTick = 0;
  private endedTick: number | undefined;
  private upstream: UpstreamExchange | undefined;
  /** The client has to take what was written before it gets more. */
  private isWaiting = false;
  private hasHead = false;
  private contentLength: number | undefined;
  /** A small body that came in one piece, kept for its end: head and body then leave in one write. */
  private whole: string | undefined;
  /** The beginning of any other. */
  private beginning = '';
  private readonly exchange: Answered;
  private readonly options: RelayOptions;

  constructor(exchange: Answered, options: RelayOptions) {
    super();
    this.exchange = exchange;
    this.options = options;
  }

  /** From the request being ready to the end of the answer, in milliseconds; undefined where there was no end. */
  get upstreamMs(): number | undefined {
    return this.endedTick === undefined ? undefined : this.endedTick - this.startedTick;
  }

  /** The broker's own word for what has become of it, whatever its status. */
  get upstreamCode(): number | undefined {
    return readAnswerCode(this.whole ?? this.beginning);
  }

  /** Makes the call. */
  carry(request: OutboundRequest): this {
    this.startedTick = this.options.tick();
    this.upstream = this.options.upstream.send(request, this);
    return this;
  }

  onHead(status: number, rawFields: readonly string[]): void {
    const { exchange } = this;
    this.upstreamStatus = status;
    if (status === 401) return;
    this.hasHead = true;
    const head = buildAnswerHead(status, rawFields, exchange.id, this.options);
    head.fields.push(...exchange.answerFields);
    if (exchange.endsConnection()) head.fields.push(CONNECTION, 'close');
    this.contentLength = head.contentLength;
    exchange.res.writeHead(status, head.fields);
  }

  onData(chunk: Buffer, source: ChunkSource): boolean {
    const { res } = this.exchange;
    if (!this.hasHead) return true;
    this.bytesOut += chunk.length;
    if (chunk.length === this.contentLength && chunk.length <= SMALL_BODY_BYTES) {
      // latin1 keeps every byte.
      this.whole = chunk.toString('latin1');
      return true;
    }
    if (this.beginning.length < LOOKED_AT_BYTES)
      this.beginning += chunk.toString('latin1', 0, LOOKED_AT_BYTES);
    const isSmall = chunk.length < LEAST_KEPT_BYTES;
    if (isSmall ? res.write(Buffer.from(chunk)) : res.write(chunk, source.keep())) return true;
    if (!this.isWaiting) res.once('drain', () => this.resume());
    this.isWaiting = true;
    return false;
  }

  onEnd(): void {
    if (!this.hasHead) {
      this.refuseOwnCredentials();
      return;
    }
    this.isComplete = true;
    const { res } = this.exchange;
    const { whole } = this;
    if (whole === undefined) res.end();
    else endAtEndOfTurn(res, whole, 'latin1');
    this.finish(undefined);
  }

  onFailure(error: Error): void {
    const { req } = this.exchange;
    // The client broke off its own body: nobody is left to be answered, and the broker is not to blame.
    const isClientGone = req.destroyed && !req.complete;
    if (!isClientGone) this.options.reportFailure(error);
    this.finish(isClientGone ? undefined : deny(classifyFailure(error)));
  }

  /** The client is gone: the broker need not finish. */
  abandon(): void {
    if (this.endedTick !== undefined) return;
    this.upstream?.abort();
    this.settle(undefined);
  }

  private resume(): void {
    this.isWaiting = false;
    this.upstream?.resume();
  }

  private finish(denial: Denial | undefined): void {
    this.endedTick = this.options.tick();
    this.settle(denial);
  }

  /** A 401 here is about the guard's own credentials; handed on, it would blame the caller's token. */
  private refuseOwnCredentials(): void {
    const { credential, say } = this.options;
    say(
      credential === undefined
        ? 'the broker asks for credentials: set guard.upstream.credentials = basic, and http_server.username and password'
        : 'the broker refuses the credentials of the guard: see http_server.username and password',
    );
    this.finish(deny('upstream_broken', 'It does not accept the credentials of the guard.'));
  }
}
