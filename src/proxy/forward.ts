// The judged request on its way to the broker. Memory holds one chunk in each direction, however long the bodies are,
// except where a body has to be collected first.
import type { IncomingMessage } from 'node:http';
import type { Denial } from '../decision.ts';
import { Pending } from '../pending.ts';
import { collectBody, streamBody } from './body.ts';
import type { Broker } from './broker.ts';
import type { OutboundRequest } from './call.ts';
import { buildOutboundHead, type Forwarded } from './outbound.ts';
import type { Relay } from './relay.ts';

/** A denial where nothing was sent; else the relay, which settles with one where there is no answer to use. */
type Sent = Denial | undefined | Pending<Denial | undefined>;

/** Forwards and answers. Comes back with the denial where the broker's words could not be the answer. */
export function forward(asked: Forwarded, relay: Relay, broker: Broker): Sent | Promise<Denial | undefined> {
  const { req, res, head } = asked;
  if (head.expectsContinue) res.writeContinue();
  if (head.chunked) return forwardCollected(asked, relay, broker);
  const body = head.announcesBody ? streamBody(req, relay) : null;
  return send(asked, body, head.contentLength ?? lengthOfNothing(req), relay, broker);
}

/** RFC 9110 §8.6: a method that may carry a body says so even where there is none. */
function lengthOfNothing({ method }: IncomingMessage): number | undefined {
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : undefined;
}

async function forwardCollected(asked: Forwarded, relay: Relay, broker: Broker): Promise<Denial | undefined> {
  // It fails where the client broke off its own body: the closed response leaves the record.
  const body = await collectBody(asked.req, relay, broker.maxBodyBytes).catch(() => undefined);
  if (body === undefined) {
    asked.res.destroy();
    return undefined;
  }
  if (!body.allowed) return body;
  const sent = send(asked, body.value, body.value.length, relay, broker);
  return sent instanceof Pending ? sent.toPromise() : sent;
}

function send(
  asked: Forwarded,
  body: OutboundRequest['body'],
  contentLength: number | undefined,
  relay: Relay,
  broker: Broker,
): Sent {
  if (asked.res.closed) return undefined;
  const head = buildOutboundHead(asked, contentLength, broker);
  if (!head.allowed) return head;
  return relay.carry({ method: asked.req.method as string, head: head.value, body });
}
