// One connection to the broker, one call at a time: a lane. It decides whether the connection may carry
// another call, and whether a call that died may be made again.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buildConnector, Client, type Dispatcher } from 'undici';

/** A call as the broker gets it. */
export interface OutboundRequest {
  readonly method: string;
  /** The canonical target, sent byte for byte. */
  readonly target: string;
  /** Flat: name, value. */
  readonly fields: string[];
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** What becomes of a call. `onFailure` and `onEnd` exclude each other; one of them comes last. */
export interface AnswerHandler {
  onHead(status: number, rawFields: readonly string[]): void;
  /** Returns false to be spared more data until `resume`. */
  onData(chunk: Buffer): boolean;
  /** Returns false when the connection must not be used again. */
  onEnd(): boolean;
  onFailure(error: Error): void;
}

/** A call under way. */
export interface Call {
  resume(): void;
  /** Ends the call and its connection; the handler hears nothing more. */
  abort(): void;
}

export interface LaneOptions {
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

export class Lane {
  private readonly client: Client;
  private socket: Socket | undefined;
  /** Calls that the present connection has carried to their end. */
  private carried = 0;

  constructor(options: LaneOptions) {
    const connect = buildConnector({
      timeout: options.connectTimeoutMs,
      socketPath: options.socketPath ?? null,
    });
    this.client = new Client(options.origin, {
      pipelining: 1,
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.bodyTimeoutMs,
      connect: (target, callback) =>
        connect(target, (...result) => {
          this.socket = result[1] ?? undefined;
          this.carried = 0;
          callback(...result);
        }),
    });
  }

  /** Starts a call; `onIdle` is told when the lane is free for the next one. */
  start(request: OutboundRequest, handler: AnswerHandler, onIdle: () => void): Call {
    let controller: Dispatcher.DispatchController | undefined;
    let aborted = false;
    const reused = this.carried > 0 && this.socket?.destroyed === false;
    const readBefore = this.socket?.bytesRead ?? 0;

    const dispatch = (mayRetry: boolean): void => {
      this.client.dispatch(
        {
          path: request.target,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.fields,
          body: request.body as Readable | Buffer | null, // undici takes any async iterable
        },
        {
          onRequestStart: (started) => {
            controller = started;
            if (aborted) started.abort(new Error('the client went away'));
          },
          onResponseStart: (_, status) => {
            // An interim answer (RFC 9110 §15.2) is not the answer.
            if (status >= 200) handler.onHead(status, decodeFields(controller?.rawHeaders));
          },
          onResponseData: (paused, chunk) => {
            if (!handler.onData(chunk)) paused.pause();
          },
          onResponseEnd: () => {
            this.carried++;
            if (!handler.onEnd()) this.socket?.destroy();
            onIdle();
          },
          onResponseError: (_, error) => {
            const untouched = reused && this.socket?.bytesRead === readBefore;
            if (!aborted && mayRetry && untouched && isDeath(error)) return dispatch(false);
            if (!aborted) handler.onFailure(error);
            onIdle();
          },
        },
      );
    };
    // RFC 9112 §9.3.1: only a call that changes nothing may be made again, and only where the broker had
    // closed an idle connection before it could see it.
    dispatch(request.method === 'GET');

    return {
      resume: () => controller?.resume(),
      abort: () => {
        aborted = true;
        controller?.abort(new Error('the client went away'));
      },
    };
  }

  /** Ends the connection, once the call under way is over; at once with `force`. */
  close(force: boolean): Promise<void> {
    return force ? this.client.destroy() : this.client.close();
  }
}

/** The connection ended under the call. A broker that is only silent may be at work on it. */
function isDeath(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function decodeFields(raw: Dispatcher.DispatchController['rawHeaders'] | undefined): string[] {
  return Array.isArray(raw)
    ? raw.map((text) => (typeof text === 'string' ? text : text.toString('latin1')))
    : [];
}
