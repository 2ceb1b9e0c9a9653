// The last step: the judged request goes to the broker, the answer comes back as it arrives. Memory holds
// one chunk in each direction, however long the bodies are.
import { type Denial, deny } from '../decision.ts';
import type { Exchange } from '../http/exchange.ts';
import { CONNECTION } from '../http/hop-by-hop.ts';
import { buildAnswerHead } from './answer-fields.ts';
import { collectBody, streamBody } from './body.ts';
import type { AnswerHandler, OutboundRequest } from './lane.ts';
import { buildOutboundFields, type OutboundOptions } from './outbound.ts';
import { classifyFailure, type Upstream } from './upstream.ts';

export interface ForwardOptions extends OutboundOptions {
  readonly upstream: Upstream;
  readonly maxBodyBytes: number;
  /** Monotonic milliseconds. */
  readonly tick: () => number;
  /** One line for the operator about an answer that could not be used. */
  readonly report: (line: string) => void;
}

/**
 * Forwards and answers. Resolves with a denial while nothing has been sent to the client yet, with undefined
 * once the answer is complete or the client is gone.
 */
export async function forward(exchange: Exchange, options: ForwardOptions): Promise<Denial | undefined> {
  const { inbound, req, res, target } = exchange;
  if (res.closed) return undefined;
  if (inbound.expectsContinue) res.writeContinue();
  let body: OutboundRequest['body'] = null;
  let contentLength = inbound.contentLength;
  if (inbound.chunked) {
    const collected = await collectBody(exchange, options.maxBodyBytes);
    if (!collected.allowed) return collected;
    body = collected.value;
    contentLength = body.length;
  } else if (exchange.hasBody) {
    body = streamBody(exchange);
  }
  const fields = buildOutboundFields(exchange, contentLength, options);
  if (!fields.allowed) return fields;
  // The client may have left while its body was collected: nobody would end the call.
  if (res.closed) return undefined;
  return exchangeWithBroker(
    exchange,
    { method: req.method as string, target: target?.text as string, fields: fields.value, body },
    options,
  );
}

function exchangeWithBroker(
  exchange: Exchange,
  request: OutboundRequest,
  options: ForwardOptions,
): Promise<Denial | undefined> {
  return new Promise((resolve) => {
    exchange.upstreamStartedTick = options.tick();
    const relay = new Relay(exchange, options, resolve);
    const call = options.upstream.send(request, relay);
    exchange.res.on('drain', () => call.resume());
    exchange.res.once('close', () => {
      if (!relay.ended) call.abort();
      resolve(undefined);
    });
  });
}

/** Carries the broker's answer to the client. */
class Relay implements AnswerHandler {
  ended = false;
  private reusable = true;
  private readonly exchange: Exchange;
  private readonly options: ForwardOptions;
  private readonly settle: (denial: Denial | undefined) => void;

  constructor(exchange: Exchange, options: ForwardOptions, settle: (denial: Denial | undefined) => void) {
    this.exchange = exchange;
    this.options = options;
    this.settle = settle;
  }

  onHead(status: number, rawFields: readonly string[]): void {
    const { exchange } = this;
    exchange.upstreamStatus = status;
    if (status === 401 && this.options.credential !== undefined) return;
    const head = buildAnswerHead(status, rawFields, exchange.id);
    // After 400 and after the HTML pages of a broker's HTTP layer the request body may still lie unread on
    // the connection, where it would be taken for the next caller's request.
    this.reusable = status !== 400 && !head.contentType.startsWith('text/html');
    if (exchange.judgeConnection()) head.fields.push(CONNECTION, 'close');
    exchange.res.writeHead(status, head.fields);
  }

  onData(chunk: Buffer): boolean {
    if (!this.exchange.res.headersSent) return true;
    this.exchange.bytesOut += chunk.length;
    return this.exchange.res.write(chunk);
  }

  onEnd(): boolean {
    this.ended = true;
    this.exchange.upstreamEndedTick = this.options.tick();
    if (!this.exchange.res.headersSent) return this.refuseOwnCredentials();
    this.exchange.completed = true;
    this.exchange.res.end();
    this.settle(undefined);
    return this.reusable;
  }

  /** A 401 here is about the guard's own credentials; handed on, it would blame the caller's token. */
  private refuseOwnCredentials(): boolean {
    this.options.report(
      'the broker refuses the credentials of the guard: see http_server.username and password',
    );
    this.settle(deny('upstream_broken', 'It does not accept the credentials of the guard.'));
    return false;
  }

  onFailure(error: Error): void {
    this.ended = true;
    this.exchange.upstreamEndedTick = this.options.tick();
    // The client broke off its own body: nobody is left to be answered, and the broker is not to blame.
    const isClientGone = this.exchange.req.destroyed && !this.exchange.req.complete;
    const denial = isClientGone ? undefined : deny(classifyFailure(error));
    if (denial === undefined || !this.exchange.res.headersSent) {
      this.settle(denial);
      return;
    }
    // Half an answer is out: only a broken connection tells the client that the rest is missing.
    this.exchange.denial = denial;
    this.exchange.res.destroy();
  }
}
