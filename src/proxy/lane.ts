// One connection to the broker, one call at a time: a lane. It decides whether the connection may carry
// another call, and whether a call that died may be made again.
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { atEndOfTurn } from '../http/turn.ts';
import { AnswerError, AnswerParser, type AnswerSource } from './answer-parser.ts';
import { free } from './body-memory.ts';
import type { Call, Carrier } from './call.ts';
import { ReadMemory } from './read-memory.ts';

export interface LaneOptions {
  /** `http://127.0.0.1:8081` or `https://…`. */
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** A clock that is read for nothing: several deadlines are set for each call, and none of them is that exact. */
export interface CoarseClock {
  /** Monotonic milliseconds, late by a step at most. */
  readonly now: number;
  readonly stepMs: number;
}

type Peer = 'broker' | 'client';

/** One side was silent for longer than the settings allow. */
export class SilenceError extends Error {
  readonly code: 'BROKER_SILENT' | 'CLIENT_SILENT';

  constructor(peer: Peer) {
    super(`the ${peer} was silent for too long`);
    this.code = peer === 'broker' ? 'BROKER_SILENT' : 'CLIENT_SILENT';
  }
}

/** An idle connection is given up before the broker gives it up just as a call goes out on it. */
const IDLE_MS = 4000;

export class Lane implements Carrier, AnswerSource {
  private readonly options: LaneOptions;
  private readonly clock: CoarseClock;
  private readonly onIdle: (lane: Lane) => void;
  private readonly memory = new ReadMemory();
  private socket: Socket | undefined;
  private call: Call | undefined;
  private parser: AnswerParser | undefined;
  /** When the present phase has lasted too long, in ticks. */
  private deadline = Number.POSITIVE_INFINITY;
  private awaited: Peer = 'broker';
  /** The connection had carried another call before. */
  private isReused = false;
  private isHeadSent = false;
  private isRequestSent = false;
  /** The client has yet to take what came. */
  private isPaused = false;
  /** Something came back. */
  private isTouched = false;

  /** @param onIdle told whenever the lane is free for the next call */
  constructor(options: LaneOptions, clock: CoarseClock, onIdle: (lane: Lane) => void) {
    this.options = options;
    this.clock = clock;
    this.onIdle = onIdle;
  }

  start(call: Call): void {
    this.call = call;
    call.carrier = this;
    this.isHeadSent = false;
    this.isReused = this.socket !== undefined;
    if (this.socket === undefined) this.connect();
    else this.send(call);
  }

  resume(): void {
    this.isPaused = false;
    this.expectAnswer();
    this.socket?.resume();
  }

  pause(): void {
    this.isPaused = true;
    this.expectAnswer();
    this.socket?.pause();
  }

  keep(): () => void {
    return this.memory.keep();
  }

  abort(): void {
    this.drop();
    this.release();
  }

  /** Ends what has lasted too long; asked at every step of the clock. */
  sweep(): void {
    if (this.clock.now < this.deadline) return;
    if (this.call === undefined) this.drop();
    else this.fail(new SilenceError(this.awaited));
  }

  /** Ends an idle connection, or with `force` any. */
  close(force: boolean): void {
    if (this.call === undefined || force) this.drop();
  }

  private expectWithin(ms: number, awaited: Peer = 'broker'): void {
    this.deadline = this.clock.now + this.clock.stepMs + ms;
    this.awaited = awaited;
  }

  /** What is awaited once the request is sent; before that it is its body, whatever has come of the answer. */
  private expectAnswer(): void {
    if (!this.isRequestSent) return;
    const { headersTimeoutMs, bodyTimeoutMs } = this.options;
    if (this.isPaused) this.deadline = Number.POSITIVE_INFINITY;
    else this.expectWithin(this.parser?.hasHead ? bodyTimeoutMs : headersTimeoutMs);
  }

  private connect(): void {
    this.expectWithin(this.options.connectTimeoutMs);
    this.isReused = false;
    const onOpen = (): void => {
      if (this.socket === socket && this.call !== undefined) this.send(this.call);
    };
    const callback = (count: number, bytes: Uint8Array): boolean => {
      if (this.socket === socket) this.receive((bytes as Buffer).subarray(0, count));
      return true;
    };
    const onread = { buffer: () => this.memory.next(), callback };
    const socket = openSocket(this.options, onread, onOpen);
    this.socket = socket;
    socket.on('end', () => this.socket === socket && this.finishAtEnd());
    socket.on('error', (error) => this.socket === socket && this.lose(error));
    socket.on('close', () => this.socket === socket && this.finishAtEnd());
  }

  /**
   * Sends at the end of the turn: by then a kept connection has shown whether the broker has closed it, or sent
   * what nobody asked for, and the call goes out on a new one.
   */
  private send(call: Call): void {
    this.isTouched = false;
    this.expectWithin(this.options.headersTimeoutMs);
    atEndOfTurn(() => {
      if (this.call !== call || this.isHeadSent) return;
      if (this.socket === undefined) this.connect();
      else if (!this.socket.connecting) this.write(call, this.socket);
    });
  }

  private write(call: Call, socket: Socket): void {
    const { method, head, body } = call.request;
    this.parser = new AnswerParser(method, call.handler, this);
    this.isHeadSent = true;
    this.isPaused = false;
    this.isRequestSent = !isStream(body);
    socket.write(head, 'latin1');
    if (isStream(body)) void this.pump(call, socket, body);
    else if (body !== null) socket.write(body);
  }

  /** Sends a body as it arrives. Neither the client nor the broker may hold up the connection for long. */
  private async pump(call: Call, socket: Socket, body: AsyncIterable<Buffer>): Promise<void> {
    try {
      this.expectWithin(this.options.bodyTimeoutMs, 'client');
      for await (const chunk of body) {
        if (this.call !== call || this.socket !== socket) return;
        if (!socket.write(chunk, () => free(chunk))) {
          this.expectWithin(this.options.bodyTimeoutMs);
          await drained(socket);
          if (this.call !== call) return;
        }
        this.expectWithin(this.options.bodyTimeoutMs, 'client');
      }
    } catch (error) {
      if (this.call === call) this.fail(error as Error);
    }
    if (this.call !== call) return;
    this.isRequestSent = true;
    this.expectAnswer();
  }

  private receive(bytes: Buffer): void {
    const { parser, call } = this;
    // Bytes that nobody asked for would be taken for the next call's answer.
    if (parser === undefined || call === undefined) {
      this.lose(new AnswerError('the broker speaks before it is asked'));
      return;
    }
    this.isTouched = true;
    if (this.isRequestSent) this.expectWithin(this.options.bodyTimeoutMs);
    try {
      const left = parser.take(bytes);
      if (parser.isDone) this.finish(parser.keepsAlive && left === 0 && this.isRequestSent);
    } catch (error) {
      // Where the handler itself ended the call there is nobody left to tell.
      if (this.call === call) this.fail(error as Error);
    }
  }

  private finishAtEnd(): void {
    if (this.parser === undefined) {
      this.lose(new AnswerError('the connection ends before the request is sent'));
      return;
    }
    try {
      this.parser.end();
    } catch (error) {
      this.lose(error as Error);
      return;
    }
    this.finish(false);
  }

  private finish(isReusable: boolean): void {
    const wanted = this.call?.handler.onEnd();
    if (!isReusable || !wanted) this.drop();
    else this.socket?.resume();
    this.release();
  }

  /**
   * The connection is gone. A call that was not sent yet goes out on another one at the end of the turn. A call
   * that was sent is made again only where it changes nothing (RFC 9112 §9.3.1), once, and only where a kept
   * connection was closed before the broker could see it.
   */
  private lose(error: Error): void {
    const { call } = this;
    if (call === undefined || !this.isReused) this.fail(error);
    else if (!this.isHeadSent) this.drop();
    else if (call.request.method !== 'GET' || this.isTouched) this.fail(error);
    else {
      this.drop();
      this.isHeadSent = false;
      this.connect();
    }
  }

  private fail(error: Error): void {
    const { call } = this;
    this.drop();
    if (call === undefined) return;
    call.handler.onFailure(error);
    this.release();
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.parser = undefined;
    this.deadline = Number.POSITIVE_INFINITY;
    socket?.destroy();
  }

  private release(): void {
    if (this.call === undefined) return;
    this.call.carrier = undefined;
    this.call = undefined;
    this.parser = undefined;
    if (this.socket !== undefined) this.expectWithin(IDLE_MS);
    this.onIdle(this);
  }
}

function openSocket({ origin, socketPath }: LaneOptions, onread: OnReadOpts, onOpen: () => void): Socket {
  if (socketPath !== undefined) return connectTcp({ path: socketPath, onread }, onOpen);
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const target = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true, onread };
  if (!isTls) return connectTcp(target, onOpen);
  // RFC 6066 §3: a server name is a host name, never an address.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ ...target, ...servername, ALPNProtocols: ['http/1.1'] }, onOpen);
}

const isStream = (body: Buffer | AsyncIterable<Buffer> | null): body is AsyncIterable<Buffer> =>
  body !== null && !Buffer.isBuffer(body);

/** The socket takes more, or never will again. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
