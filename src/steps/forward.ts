// The last step: the judged request goes to the broker, and its answer comes back as it arrives.
import type { AnswerWriter } from '../proxy/answer-writer.ts';
import type { Broker } from '../proxy/broker.ts';
import { type Ready, forward as send } from '../proxy/forward.ts';
import { RedactedAnswer } from '../proxy/redacted-answer.ts';
import { Relay } from '../proxy/relay.ts';
import { StreamedAnswer } from '../proxy/streamed-answer.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

export const forward = (broker: Broker): Step =>
  defineStep((ctx) => {
    const { exchange } = ctx;
    // The answer is written as the broker gives it, not by Koa.
    ctx.respond = false;
    assertJudged(exchange);
    const relay = new Relay(exchange, chooseWriter(exchange, broker), broker);
    exchange.relay = relay;
    return send(exchange, relay, broker);
  });

function chooseWriter(exchange: RequestState & Ready, broker: Broker): AnswerWriter {
  const secrets = exchange.grant.hides;
  if (secrets === undefined) return new StreamedAnswer(exchange, broker);
  const caller = exchange.principal?.issuer ?? '';
  return new RedactedAnswer(exchange, broker, { secrets, limits: broker.redaction, caller });
}

/** What is sent is what the steps before have judged, and nothing else. */
function assertJudged(state: RequestState): asserts state is RequestState & Ready {
  const { head, target, grant } = state;
  const isBodyMissing = head?.announcesBody && state.body === undefined;
  if (head === undefined || target === undefined || grant === undefined || isBodyMissing)
    throw new Error('a request that was not judged must not be forwarded');
}
