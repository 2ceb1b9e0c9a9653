// A call to the broker: what is sent, who hears of the answer, and a handle to slow it down or end it.

/** A request as the broker gets it. */
export interface OutboundRequest {
  readonly method: string;
  /** Request line and fields, with the empty line that ends them: sent byte for byte. */
  readonly head: string;
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** Where a chunk was read. */
export interface ChunkSource {
  /** Leaves the chunk at hand as it is until the function that comes back is called, which is to be done once. */
  keep(): () => void;
}

/** What becomes of a call. `onFailure` and `onEnd` exclude each other; one of them comes last. */
export interface AnswerHandler {
  /** `fields`: flat, name and value as received. */
  onHead(status: number, fields: readonly string[]): void;
  /**
   * The chunk's memory is read into again after the return, unless it is kept. Returns false to be spared more
   * data until `resume`.
   */
  onData(chunk: Buffer, source: ChunkSource): boolean;
  /** Returns false when the connection must not be used again. */
  onEnd(): boolean;
  onFailure(error: Error): void;
}

/** What carries a call forward, or keeps its place. */
export interface Carrier {
  resume(): void;
  abort(): void;
}

export class Call {
  readonly request: OutboundRequest;
  readonly handler: AnswerHandler;
  /** What it is on: a connection, or the line for one. Undefined once it is over. */
  carrier: Carrier | undefined;

  constructor(request: OutboundRequest, handler: AnswerHandler) {
    this.request = request;
    this.handler = handler;
  }

  resume(): void {
    this.carrier?.resume();
  }

  /** Ends the call and its connection; the handler hears nothing more. */
  abort(): void {
    this.carrier?.abort();
  }
}
