// Carries the broker's answer to whoever writes it for the client, or the reason why there is none. A client that is slow to
// take it slows down the broker.
import { type Denial, deny } from '../decision.ts';
import { atEndOfTurn } from '../http/turn.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { Pending } from '../pending.ts';
import type { AnswerHandler, ChunkSource, OutboundRequest, UpstreamExchange } from '../upstream/exchange.ts';
import { classifyFailure } from '../upstream/failures.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import { readAnswerCode } from './answer-code.ts';
import type { OwnAddress } from './answer-fields.ts';
import type { Answered, AnswerWriter } from './answer-writer.ts';

export interface RelayOptions extends OwnAddress {
  readonly upstream: Pick<UpstreamPool, 'send'>;
  readonly credential: string | undefined;
  readonly tick: () => number;
  readonly say: SeldomReport;
  /** Says why a call to the broker failed. */
  readonly reportFailure: (error: Error) => void;
}

/** Settles with what the client has to be told instead of an answer, or with nothing. */
export class Relay extends Pending<Denial | undefined> implements AnswerHandler {
  upstreamStatus: number | undefined;
  /** The broker's answer was handed to the client whole. */
  isComplete = false;
  private startedTick = 0;
  private endedTick: number | undefined;
  private upstream: UpstreamExchange | undefined;
  /** The client has to take what was written before it gets more. */
  private isWaiting = false;
  private hasHead = false;
  private readonly exchange: Answered;
  private readonly writer: AnswerWriter;
  private readonly options: RelayOptions;

  constructor(exchange: Answered, writer: AnswerWriter, options: RelayOptions) {
    super();
    this.exchange = exchange;
    this.writer = writer;
    this.options = options;
  }

  /** Body bytes sent to the client. */
  get bytesOut(): number {
    return this.writer.bytesOut;
  }

  /** From the request being ready to the end of the answer, in milliseconds; undefined where there was no end. */
  get upstreamMs(): number | undefined {
    return this.endedTick === undefined ? undefined : this.endedTick - this.startedTick;
  }

  /** The broker's own word for what has become of it, whatever its status. */
  get upstreamCode(): number | undefined {
    return readAnswerCode(this.writer.beginning);
  }

  /** Makes the call. */
  carry(request: OutboundRequest): this {
    this.startedTick = this.options.tick();
    this.upstream = this.options.upstream.send(request, this);
    return this;
  }

  onHead(status: number, rawFields: readonly string[]): void {
    this.upstreamStatus = status;
    if (status === 401) return;
    this.hasHead = true;
    const denial = this.writer.begin(status, rawFields);
    if (denial !== undefined) this.giveUp(denial);
  }

  onData(chunk: Buffer, source: ChunkSource): boolean {
    if (!this.hasHead || this.endedTick !== undefined) return true;
    const taken = this.writer.take(chunk, source);
    if (typeof taken === 'object') this.giveUp(taken);
    else if (!taken) this.wait();
    return taken !== false;
  }

  onEnd(): void {
    if (this.endedTick !== undefined) return;
    if (!this.hasHead) {
      this.refuseOwnCredentials();
      return;
    }
    const denial = this.writer.end();
    this.isComplete = denial === undefined;
    this.finish(denial);
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
    this.writer.stop();
    this.upstream?.abort();
    this.settle(undefined);
  }

  private wait(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.exchange.res.once('drain', () => {
      this.isWaiting = false;
      this.upstream?.resume();
    });
  }

  private finish(denial: Denial | undefined): void {
    this.endedTick = this.options.tick();
    this.writer.stop();
    this.settle(denial);
  }

  /** The rest of the answer is of no use. The connection may be in the middle of telling it: it ends after that. */
  private giveUp(denial: Denial): void {
    this.finish(denial);
    atEndOfTurn(() => this.upstream?.abort());
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
