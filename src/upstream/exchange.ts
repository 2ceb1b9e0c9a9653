// An exchange with the broker: what is sent, who hears of the answer, and a handle to slow it down or end it.
import type { Semaphore } from './semaphore.ts';

/** A request as the broker gets it. */
export interface OutboundRequest {
  readonly method: string;
  /** Request line and fields, with the empty line that ends them: sent byte for byte. */
  readonly head: string;
  readonly body: OutboundBody | null;
  /** Of these a broker may take few at a time. */
  readonly isPublish: boolean;
  /** Whose request it is, as far as one caller must not take what all share. */
  readonly caller: string;
}

/** A body, which owns its memory. */
export interface OutboundBody {
  /** It goes out as it comes in; otherwise it is all there. */
  readonly isStreamed: boolean;
  /** Begins to give the sink what there is, and what comes. */
  flow(sink: BodySink): void;
  /** The sink takes more again. */
  resume(): void;
  /** The sink wants nothing more. */
  stop(): void;
}

/** Where a body goes: `write` any number of times, then `end` or `fail`. */
export interface BodySink {
  /** @returns false to be spared more until `resume`; `onTaken` is told when the chunk's memory is needed no longer */
  write(chunk: Buffer, onTaken: () => void): boolean;
  /** Takes the last chunk. */
  end(chunk: Buffer, onTaken: () => void): void;
  /** The body will not be whole. */
  fail(error: Error): void;
}

/** Where a chunk was read. */
export interface ChunkSource {
  /** Leaves the chunk at hand as it is until the function that comes back is called, which is to be done once. */
  keep(): () => void;
}

/** What becomes of an exchange. `onFailure` and `onEnd` exclude each other; one of them comes last. */
export interface AnswerHandler {
  /** `fields`: flat, name and value as received. */
  onHead(status: number, fields: readonly string[]): void;
  /**
   * The chunk's memory is read into again after the return, unless it is kept. Returns false to be spared more
   * data until `resume`.
   */
  onData(chunk: Buffer, source: ChunkSource): boolean;
  onEnd(): void;
  onFailure(error: Error): void;
}

/** The connection that an exchange is on, as far as others than the connection itself have to do with it. */
export interface Carrier {
  /** The caller takes more of the answer again. */
  resume(): void;
  /** Sends the last part of a body, which was held back. */
  sendLast(): void;
  /** Ends the exchange, and the connection with it. */
  fail(error: Error): void;
  /** The same, and nobody is told. */
  drop(): void;
}

export class UpstreamExchange {
  readonly request: OutboundRequest;
  readonly handler: AnswerHandler;
  /** What it has to pass, in this order; the last ones perhaps only when its body is there. */
  readonly bounds: readonly Semaphore<UpstreamExchange>[];
  /** How many of them it has passed. */
  passed = 0;
  /** The tick by which the head of the answer has to be there, waiting in line included. */
  deadline: number;
  /** Undefined while it waits for one, and when it is over. */
  carrier: Carrier | undefined;
  private readonly onAbort: (exchange: UpstreamExchange) => void;

  constructor(
    request: OutboundRequest,
    handler: AnswerHandler,
    bounds: readonly Semaphore<UpstreamExchange>[],
    deadline: number,
    onAbort: (exchange: UpstreamExchange) => void,
  ) {
    this.request = request;
    this.handler = handler;
    this.bounds = bounds;
    this.deadline = deadline;
    this.onAbort = onAbort;
  }

  /** What it waits for; undefined where it has passed everything. */
  get ahead(): Semaphore<UpstreamExchange> | undefined {
    return this.bounds[this.passed];
  }

  resume(): void {
    this.carrier?.resume();
  }

  /** Ends it, with its connection; the handler hears nothing more. */
  abort(): void {
    this.onAbort(this);
  }
}
