// A call to the broker: what is sent, who hears of the answer, and a handle to slow it down or end it.

/** A request as the broker gets it. */
export interface OutboundRequest {
  readonly method: string;
  /** Request line and fields, with the empty line that ends them: sent byte for byte. */
  readonly head: string;
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** What becomes of a call. `onFailure` and `onEnd` exclude each other; one of them comes last. */
export interface AnswerHandler {
  /** `fields`: flat, name and value as received. */
  onHead(status: number, fields: readonly string[]): void;
  /** Returns false to be spared more data until `resume`. */
  onData(chunk: Buffer): boolean;
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
