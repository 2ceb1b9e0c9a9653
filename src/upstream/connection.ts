// One connection to the broker, from its opening to its end, one exchange at a time. It decides whether it may carry
// another exchange, and whether one that it has lost may be made again. Knows no bound and no line.
import type { Socket } from 'node:net';
import { atEndOfTurn } from '../http/turn.ts';
import { AnswerParser, type AnswerSource } from './answer-parser.ts';
import type { CoarseClock } from './clock.ts';
import type { BodySink, Carrier, UpstreamExchange } from './exchange.ts';
import { AnswerError, SilenceError } from './failures.ts';
import type { Phase } from './phase.ts';
import type { ReadMemory } from './read-memory.ts';
import { type BrokerAddress, openSocket } from './socket.ts';

export interface ConnectionOptions extends BrokerAddress {
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** Whoever keeps the connections. */
export interface ConnectionOwner {
  readonly options: ConnectionOptions;
  readonly clock: CoarseClock;
  /** The exchange is over, and the connection is idle or has ended. */
  release(connection: UpstreamConnection, exchange: UpstreamExchange): void;
  /** What an exchange has found wrong with the broker; undefined where nothing. */
  hear(trouble: Error | undefined): void;
  /** The exchange, of which the broker has seen nothing that counts, needs another connection. */
  restart(exchange: UpstreamExchange): void;
  /** The body is there to its last part: whether that may be sent now. Otherwise `sendLast` is called in time. */
  mayFinish(exchange: UpstreamExchange): boolean;
  /** The connection has ended. */
  forget(connection: UpstreamConnection): void;
}

/** An idle connection is given up before the broker gives it up just as an exchange goes out on it. */
const IDLE_MS = 4000;
const NEVER = Number.POSITIVE_INFINITY;

export class UpstreamConnection implements AnswerSource, BodySink, Carrier {
  readonly memory: ReadMemory;
  private readonly owner: ConnectionOwner;
  private readonly socket: Socket;
  private phase: Phase = 'connecting';
  private exchange: UpstreamExchange | undefined;
  private parser: AnswerParser | undefined;
  /** Exchanges so far, the one under way included. */
  private count = 0;
  /** The exchange under way is the last one. */
  private isLast = false;
  /** When the present phase has lasted too long, in ticks. */
  private deadline: number;
  private last: { readonly chunk: Buffer; readonly onTaken: () => void } | undefined;

  constructor(owner: ConnectionOwner, memory: ReadMemory) {
    this.owner = owner;
    this.memory = memory;
    this.deadline = owner.clock.after(owner.options.connectTimeoutMs);
    const callback = (count: number, bytes: Uint8Array): boolean => {
      if (this.phase !== 'ended') this.receive((bytes as Buffer).subarray(0, count));
      return true;
    };
    const onread = { buffer: () => memory.next(), callback };
    this.socket = openSocket(owner.options, onread, () => this.phase === 'connecting' && this.assign());
    this.socket
      .on('drain', () => this.flowOn())
      .on('end', () => this.finishAtEnd())
      .on('error', (error) => this.lose(error))
      .on('close', () => this.finishAtEnd());
  }

  get isIdle(): boolean {
    return this.phase === 'idle';
  }

  carry(exchange: UpstreamExchange): void {
    this.exchange = exchange;
    exchange.carrier = this;
    this.count++;
    if (this.phase === 'connecting') this.deadline = Math.min(this.deadline, exchange.deadline);
    else this.assign();
  }

  resume(): void {
    this.socket.resume();
    if (this.phase === 'answering') this.expectAnswer();
  }

  pause(): void {
    this.socket.pause();
    if (this.phase === 'answering') this.expectAnswer();
  }

  keep(): () => void {
    return this.memory.keep();
  }

  /** Ends what has lasted too long; asked at every step of the clock. */
  sweep(): void {
    if (this.owner.clock.now < this.deadline) return;
    if (this.phase === 'idle') this.destroy();
    else this.failBy(new SilenceError());
  }

  /** Ends an idle connection, or with `force` any. */
  close(force: boolean): void {
    if (force) this.drop();
    else if (this.phase === 'idle') this.destroy();
  }

  drop(): void {
    this.detach();
    this.destroy();
  }

  /** For reasons that are not the broker's. */
  fail(error: Error): void {
    const exchange = this.detach();
    this.destroy();
    if (exchange === undefined) return;
    exchange.handler.onFailure(error);
    this.owner.release(this, exchange);
  }

  write(chunk: Buffer, onTaken: () => void): boolean {
    const isTaken = this.socket.write(chunk, onTaken);
    // Either the broker has to take it, or the caller to send more: how late a body may be is the body's own matter.
    this.deadline = isTaken ? NEVER : this.owner.clock.after(this.owner.options.bodyTimeoutMs);
    return isTaken;
  }

  end(chunk: Buffer, onTaken: () => void): void {
    this.last = { chunk, onTaken };
    const { exchange } = this;
    if (exchange === undefined) return;
    // The broker's time begins now.
    if (exchange.request.body?.isStreamed) exchange.deadline = this.expiry('headersTimeoutMs');
    this.deadline = NEVER;
    if (this.owner.mayFinish(exchange)) this.sendLast();
  }

  sendLast(): void {
    const { last, exchange } = this;
    if (last === undefined || exchange === undefined) return;
    this.last = undefined;
    this.socket.write(last.chunk, last.onTaken);
    this.phase = this.phase === 'early' ? 'answering' : 'sent';
    this.deadline = exchange.deadline;
    this.expectAnswer();
  }

  /**
   * Sends at the end of the turn: by then a connection has shown whether the broker has closed it, or sent what nobody
   * asked for, and the exchange goes out on a new one.
   */
  private assign(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.phase = 'assigned';
    this.deadline = exchange.deadline;
    atEndOfTurn(() => {
      if (this.phase === 'assigned' && this.exchange === exchange) this.begin(exchange);
    });
  }

  private begin({ request, handler }: UpstreamExchange): void {
    const { socket } = this;
    this.parser = new AnswerParser(request.method, handler, this);
    this.phase = request.body === null ? 'sent' : 'sending';
    // Head and body leave together, as far as the body is there.
    if (request.body !== null) socket.cork();
    socket.write(request.head, 'latin1');
    if (request.body === null) return;
    request.body.flow(this);
    socket.uncork();
  }

  /** The broker has taken what was written. */
  private flowOn(): void {
    if (this.last !== undefined || (this.phase !== 'sending' && this.phase !== 'early')) return;
    this.deadline = NEVER;
    this.exchange?.request.body?.resume();
  }

  private receive(bytes: Buffer): void {
    const { parser, exchange } = this;
    // Bytes that nobody asked for would be taken for the next exchange's answer.
    if (parser === undefined || exchange === undefined) {
      this.lose(new AnswerError('the broker speaks before it is asked'));
      return;
    }
    this.beginAnswer();
    try {
      const left = parser.take(bytes);
      if (parser.isDone) this.finish(left === 0 && this.isFit(parser, exchange));
      else this.expectAnswer();
    } catch (error) {
      // Where the handler itself ended the exchange there is nobody left to tell.
      if (this.exchange === exchange) this.failBy(error as Error);
    }
  }

  /** A request counts as sent when none of its bytes is left in the socket's own buffer. */
  private beginAnswer(): void {
    if (this.phase === 'sending') {
      this.phase = 'early';
      this.isLast = true;
    } else if (this.phase === 'sent') {
      this.phase = 'answering';
      this.isLast = this.socket.writableLength > 0;
    }
  }

  /**
   * Whether the connection may carry another exchange. A broker that refuses a request, or answers it before it is
   * sent, may leave its body unread, and would take it for the next caller's request.
   */
  private isFit({ keepsAlive, status }: AnswerParser, { request }: UpstreamExchange): boolean {
    return keepsAlive && !this.isLast && (request.body === null || status < 300);
  }

  /** What is awaited once the request is sent; before that it is its body, whatever has come of the answer. */
  private expectAnswer(): void {
    if (this.phase !== 'answering') return;
    if (this.socket.isPaused()) this.deadline = NEVER;
    else if (this.parser?.status) this.deadline = this.expiry('bodyTimeoutMs');
  }

  private expiry(timeout: 'headersTimeoutMs' | 'bodyTimeoutMs'): number {
    return this.owner.clock.after(this.owner.options[timeout]);
  }

  private finishAtEnd(): void {
    if (this.phase === 'ended') return;
    const error =
      this.parser === undefined
        ? new AnswerError('the connection ends before the request is sent')
        : this.parser.end();
    if (error === undefined) this.finish(false);
    else this.lose(error);
  }

  private finish(isFit: boolean): void {
    const { exchange } = this;
    this.owner.hear(undefined);
    exchange?.handler.onEnd();
    this.detach();
    if (isFit) {
      this.phase = 'idle';
      this.deadline = this.owner.clock.after(IDLE_MS);
      this.socket.resume();
    } else this.destroy();
    if (exchange !== undefined) this.owner.release(this, exchange);
  }

  /**
   * The connection is gone. An exchange that was not sent yet goes out on another one. One that was sent is made again
   * only where it changes nothing (RFC 9112 §9.3.1), once, and only where a kept connection was closed before the
   * broker could see it.
   */
  private lose(error: Error): void {
    if (this.phase === 'ended') return;
    const { exchange, phase } = this;
    const isUnseen = phase === 'assigned' || (phase === 'sent' && exchange?.request.method === 'GET');
    if (exchange === undefined || this.count < 2 || !isUnseen) {
      this.failBy(error);
      return;
    }
    this.drop();
    this.owner.restart(exchange);
  }

  /** For reasons that are the broker's. */
  private failBy(error: Error): void {
    if (this.exchange !== undefined) this.owner.hear(error);
    this.fail(error);
  }

  private detach(): UpstreamExchange | undefined {
    const { exchange, parser } = this;
    this.exchange = undefined;
    this.parser = undefined;
    this.last = undefined;
    if (exchange === undefined) return undefined;
    exchange.carrier = undefined;
    // One that has not begun may yet go out on another connection.
    if (parser !== undefined) exchange.request.body?.stop();
    return exchange;
  }

  private destroy(): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.socket.destroy();
    this.owner.forget(this);
  }
}
