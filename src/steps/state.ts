// What is known of a request while its steps run. Each member is written where the comment above it says.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Denial, type Principal, REASONS } from '../decision.ts';
import type { AnswerConnection, Exchange } from '../http/exchange.ts';
import type { Head } from '../http/head.ts';
import type { Target } from '../http/target.ts';
import type { Route } from '../policy/broker-api.ts';
import type { Permit } from '../policy/permit.ts';
import type { Body } from '../proxy/body.ts';
import type { Relay } from '../proxy/relay.ts';

const NONE: readonly string[] = [];

/** `ctx.exchange` of the guard's applications. `ctx.state` is left to other people's middleware. */
export class RequestState implements Exchange {
  // record
  id = '';
  /** Unix time in milliseconds. */
  startedAtMs = 0;
  /** Monotonic milliseconds. */
  startedTick = 0;
  client: string | undefined;
  clientCertificate: string | undefined;
  connection: AnswerConnection | undefined;
  // cors
  answerFields: readonly string[] = NONE;
  isPreflight = false;
  // readHead
  head: Head | undefined;
  // judgeTarget
  target: Target | undefined;
  /** Undefined where the catalogue does not know the path. */
  route: Route | undefined;
  // authenticate
  principal: Principal | undefined;
  // openBody
  body: Body | undefined;
  /** What the body publishes to, where that is judged. */
  topics: readonly string[] | undefined;
  // authorize
  grant: Permit | undefined;
  // forward
  relay: Relay | undefined;
  // answerDenials, limitFailures, or the connection that broke
  denial: Denial | undefined;
  /** Bytes of the body of a refusal that was written. */
  refusalBytes: number | undefined;
  /** Of a refusal that was written past the response. */
  socketStatus: number | undefined;

  readonly req: IncomingMessage;
  readonly res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.req = req;
    this.res = res;
  }

  noteBroken(denial: Denial, bytesOut: number | undefined): void {
    this.denial = denial;
    this.refusalBytes = bytesOut ?? 0;
    if (bytesOut !== undefined) this.socketStatus = REASONS[denial.reason].status;
  }

  /** To be asked once for each answer, when its head is written: whether the connection ends with it. */
  endsConnection(): boolean {
    // A body that was not asked for is not read; a head that could be read in two ways has no certain end.
    const { head, req } = this;
    const isUnclear =
      head === undefined || head.denial !== undefined || (head.announcesBody && !req.complete);
    return this.connection?.endsWith(isUnclear) ?? isUnclear;
  }
}
