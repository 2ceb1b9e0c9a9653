// The judged request on its way to the broker, with the exact length of its body.
import type { IncomingMessage } from 'node:http';
import type { Action, Denial } from '../decision.ts';
import type { Pending } from '../pending.ts';
import type { Body } from './body.ts';
import type { Broker } from './broker.ts';
import { buildOutboundHead, type Forwarded } from './outbound.ts';
import type { Relay } from './relay.ts';

/** A request that is ready to be sent. */
export interface Ready extends Forwarded {
  readonly route: { readonly action: Action } | undefined;
  /** Undefined where the request has none. */
  readonly body: Body | undefined;
}

/** Forwards. A denial where nothing was sent; else the relay, which settles with one where there is no answer to use. */
export function forward(
  asked: Ready,
  relay: Relay,
  broker: Broker,
): Denial | undefined | Pending<Denial | undefined> {
  const { req, res, principal, body, route } = asked;
  if (res.closed) return undefined;
  const head = buildOutboundHead(asked, body?.length ?? lengthOfNothing(req), broker);
  if (!head.allowed) return head;
  return relay.carry({
    method: req.method as string,
    head: head.value,
    body: body ?? null,
    isPublish: route?.action.class === 'publish',
    caller: principal?.issuer ?? '',
  });
}

/** RFC 9110 §8.6: a method that may carry a body says so even where there is none. */
function lengthOfNothing({ method }: IncomingMessage): number | undefined {
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : undefined;
}
