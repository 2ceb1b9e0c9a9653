// One request on its way: what each step has found out so far. Steps write it, the audit trail reads it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Denial, Principal } from '../decision.ts';
import { type Inbound, readInbound } from './inbound.ts';
import type { Target } from './target.ts';

/** What goes on for a request elsewhere, and has to end with it. */
export interface Follower {
  abandon(): void;
}

export class Exchange {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly inbound: Inbound;
  /** Unix time in milliseconds, for people. */
  readonly startedAt: number;
  /** Monotonic milliseconds, for durations. */
  readonly startedTick: number;

  target: Target | undefined;
  action: string | undefined;
  principal: Principal | undefined;
  denial: Denial | undefined;
  upstreamStatus: number | undefined;
  upstreamStartedTick: number | undefined;
  upstreamEndedTick: number | undefined;
  /** The answer went out whole. */
  completed = false;
  /** The connection ends with this answer: nothing that follows on it is a request. */
  closing = false;
  /** Body bytes received from and sent to the client. */
  bytesIn = 0;
  bytesOut = 0;
  /**
   * Told when the response closes, before the record is written. Not a closure: as one it kept the objects of a
   * finished request through two collections of the young generation, ten times as many of them.
   */
  follower: Follower | undefined;
  private readonly isDraining: () => boolean;

  constructor(init: {
    id: string;
    req: IncomingMessage;
    res: ServerResponse;
    startedAt: number;
    startedTick: number;
    isDraining: () => boolean;
  }) {
    this.id = init.id;
    this.req = init.req;
    this.res = init.res;
    this.startedAt = init.startedAt;
    this.startedTick = init.startedTick;
    this.isDraining = init.isDraining;
    this.inbound = readInbound(init.req);
  }

  /** Called when the head of the answer is written: whether it has to say that the connection ends. */
  judgeConnection(): boolean {
    // A body that was not asked for is not read; a head that could be read in two ways has no certain end.
    const isUnclear = this.inbound.denial !== undefined || (this.hasBody && !this.req.complete);
    this.closing = isUnclear || this.isDraining();
    return this.closing;
  }

  /** Whether body bytes are, or may be, on their way from the client. */
  get hasBody(): boolean {
    return this.inbound.chunked || (this.inbound.contentLength ?? 0) > 0;
  }
}
