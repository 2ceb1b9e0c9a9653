// One connection to the broker, one call at a time: a lane. It decides whether the connection may carry
// another call, and whether a call that died may be made again.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AnswerError, AnswerParser } from './answer-parser.ts';
import type { Call, Carrier } from './call.ts';

export interface LaneOptions {
  /** `http://127.0.0.1:8081` or `https://…`. */
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** The broker was silent for longer than its settings allow. */
export class SilenceError extends Error {
  readonly code = 'BROKER_SILENT';
}

/** An idle connection is given up before the broker gives it up just as a call goes out on it. */
const IDLE_MS = 4000;

export class Lane implements Carrier {
  private readonly options: LaneOptions;
  private readonly tick: () => number;
  private readonly onIdle: (lane: Lane) => void;
  private socket: Socket | undefined;
  private call: Call | undefined;
  private parser: AnswerParser | undefined;
  /** When the present phase has lasted too long, in ticks. */
  private deadline = Number.POSITIVE_INFINITY;
  /** The call went out on a connection that had carried another before, and nothing came back yet. */
  private isUntouchedReuse = false;
  private isRequestSent = false;

  /** @param onIdle told whenever the lane is free for the next call */
  constructor(options: LaneOptions, tick: () => number, onIdle: (lane: Lane) => void) {
    this.options = options;
    this.tick = tick;
    this.onIdle = onIdle;
  }

  start(call: Call): void {
    this.call = call;
    call.carrier = this;
    this.isUntouchedReuse = this.socket !== undefined;
    if (this.socket === undefined) this.connect();
    else if (call.request.method === 'GET') this.send(call, this.socket);
    // A connection that the broker has just closed shows it within a turn of the event loop. A GET may find
    // out and be made again; anything else had better look first.
    else
      setImmediate(() => this.call === call && (this.socket ? this.send(call, this.socket) : this.connect()));
  }

  resume(): void {
    this.expectWithin(this.options.bodyTimeoutMs);
    this.socket?.resume();
  }

  abort(): void {
    this.drop();
    this.release();
  }

  /** Ends what has lasted too long; asked several times a second. */
  sweep(now: number): void {
    if (now < this.deadline) return;
    if (this.call === undefined) this.drop();
    else this.fail(new SilenceError('the broker was silent for too long'), false);
  }

  /** Ends an idle connection, or with `force` any. */
  close(force: boolean): void {
    if (this.call === undefined || force) this.drop();
  }

  private expectWithin(ms: number): void {
    this.deadline = this.tick() + ms;
  }

  private connect(): void {
    this.expectWithin(this.options.connectTimeoutMs);
    const socket = openSocket(this.options, () => {
      if (this.socket === socket && this.call !== undefined) this.send(this.call, socket);
    });
    this.socket = socket;
    socket.on('data', (bytes) => this.socket === socket && this.receive(bytes));
    socket.on('end', () => this.socket === socket && this.finishAtEnd());
    socket.on('error', (error) => this.socket === socket && this.fail(error, true));
    socket.on('close', () => this.socket === socket && this.finishAtEnd());
  }

  private send(call: Call, socket: Socket): void {
    const { method, head, body } = call.request;
    this.parser = new AnswerParser(method, call.handler, () => this.pause());
    this.isRequestSent = !isStream(body);
    if (isStream(body)) void this.pump(call, socket, body);
    else this.expectWithin(this.options.headersTimeoutMs);
    socket.write(head, 'latin1');
    if (Buffer.isBuffer(body)) socket.write(body);
  }

  /** Sends a body as it arrives; waits for the client without a limit here, for the broker with one. */
  private async pump(call: Call, socket: Socket, body: AsyncIterable<Buffer>): Promise<void> {
    this.deadline = Number.POSITIVE_INFINITY;
    try {
      for await (const chunk of body) {
        if (this.call !== call || this.socket !== socket) return;
        if (!socket.write(chunk)) {
          this.expectWithin(this.options.bodyTimeoutMs);
          await drained(socket);
          if (this.call !== call) return;
          this.deadline = Number.POSITIVE_INFINITY;
        }
      }
    } catch (error) {
      if (this.call === call) this.fail(error as Error, false);
    }
    if (this.call !== call) return;
    this.isRequestSent = true;
    if (!this.parser?.hasHead) this.expectWithin(this.options.headersTimeoutMs);
  }

  private receive(bytes: Buffer): void {
    const { parser, call } = this;
    // Bytes that nobody asked for would be taken for the next call's answer.
    if (parser === undefined || call === undefined) {
      this.drop();
      return;
    }
    this.isUntouchedReuse = false;
    if (this.isRequestSent) this.expectWithin(this.options.bodyTimeoutMs);
    try {
      const left = parser.take(bytes);
      if (parser.isDone) this.finish(parser.keepsAlive && left === 0 && this.isRequestSent);
    } catch (error) {
      // Where the handler itself ended the call there is nobody left to tell.
      if (this.call === call) this.fail(error as Error, false);
    }
  }

  private pause(): void {
    this.socket?.pause();
    this.deadline = Number.POSITIVE_INFINITY;
  }

  private finishAtEnd(): void {
    if (this.call === undefined) {
      this.drop();
      return;
    }
    try {
      if (this.parser === undefined) throw new AnswerError('the connection ends before the call goes out');
      this.parser.end();
    } catch (error) {
      this.fail(error as Error, true);
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
   * RFC 9112 §9.3.1: only a call that changes nothing is made again, once, and only where it was lost with a
   * connection that the broker had closed before seeing it.
   */
  private fail(error: Error, connectionLost: boolean): void {
    const { call } = this;
    this.drop();
    if (call === undefined) return;
    if (connectionLost && this.isUntouchedReuse && call.request.method === 'GET') {
      this.isUntouchedReuse = false;
      this.connect();
      return;
    }
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

function openSocket({ origin, socketPath }: LaneOptions, onOpen: () => void): Socket {
  if (socketPath !== undefined) return connectTcp({ path: socketPath }, onOpen);
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const target = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true };
  return isTls ? connectTls({ ...target, ALPNProtocols: ['http/1.1'] }, onOpen) : connectTcp(target, onOpen);
}

const isStream = (body: Buffer | AsyncIterable<Buffer> | null): body is AsyncIterable<Buffer> =>
  body !== null && !Buffer.isBuffer(body);

/** The socket takes more, or never will again. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}
