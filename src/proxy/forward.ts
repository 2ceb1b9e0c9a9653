// The last step: the judged request goes to the broker, the answer comes back as it arrives. Memory holds
// one chunk in each direction, however long the bodies are.
import type { Denial } from '../decision.ts';
import type { Exchange } from '../http/exchange.ts';
import { collectBody, streamBody } from './body.ts';
import type { OutboundRequest } from './call.ts';
import { buildOutboundHead, type OutboundOptions } from './outbound.ts';
import { Relay, type RelayOptions } from './relay.ts';
import type { Upstream } from './upstream.ts';

export interface ForwardOptions extends OutboundOptions, RelayOptions {
  readonly credential: string | undefined;
  readonly upstream: Upstream;
  readonly maxBodyBytes: number;
}

/** Told why nothing could be sent to the client; never once an answer has begun. */
export type Refuse = (exchange: Exchange, denial: Denial) => void;

/**
 * Forwards and answers. What cannot be answered with the broker's words is handed to `refuse`.
 * @returns a promise where the body had to be collected first; it settles once the call is on its way
 */
export function forward(
  exchange: Exchange,
  options: ForwardOptions,
  refuse: Refuse,
): Promise<void> | undefined {
  const { inbound, res } = exchange;
  if (inbound.expectsContinue) res.writeContinue();
  if (inbound.chunked) return forwardCollected(exchange, options, refuse);
  const body = exchange.hasBody ? streamBody(exchange) : null;
  send(exchange, body, inbound.contentLength ?? lengthOfNothing(exchange), options, refuse);
  return undefined;
}

/** RFC 9110 §8.6: a method that may carry a body says so even where there is none. */
function lengthOfNothing({ req }: Exchange): number | undefined {
  return req.method === 'POST' || req.method === 'PUT' || req.method === 'PATCH' ? 0 : undefined;
}

async function forwardCollected(exchange: Exchange, options: ForwardOptions, refuse: Refuse): Promise<void> {
  // It fails where the client broke off its own body: the closed response leaves the record.
  const body = await collectBody(exchange, options.maxBodyBytes).catch(() => undefined);
  if (body === undefined) exchange.res.destroy();
  else if (body.allowed) send(exchange, body.value, body.value.length, options, refuse);
  else refuse(exchange, body);
}

function send(
  exchange: Exchange,
  body: OutboundRequest['body'],
  contentLength: number | undefined,
  options: ForwardOptions,
  refuse: Refuse,
): void {
  if (exchange.res.closed) return;
  const head = buildOutboundHead(exchange, contentLength, options);
  if (!head.allowed) {
    refuse(exchange, head);
    return;
  }
  exchange.upstreamStartedTick = options.tick();
  const relay = new Relay(exchange, options, refuse);
  relay.call = options.upstream.send(
    { method: exchange.req.method as string, head: head.value, body },
    relay,
  );
  exchange.follower = relay;
}
