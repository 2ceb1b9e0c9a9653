// What is published, judged by the topics that the body names. The body that was judged takes the place of the one that
// came in; in observe mode that one goes on, and what would have become of it is noted.
import { type Denial, denyPermission } from '../decision.ts';
import type { Permit } from '../policy/permit.ts';
import { readPublication } from '../policy/publish-body.ts';
import { mayPublish, type PublishRules } from '../policy/publish-rules.ts';
import type { RequestBody } from '../proxy/body.ts';
import { WrittenBody } from '../proxy/written-body.ts';
import type { RequestState } from './state.ts';

/** Reading as much takes some tens of milliseconds, in which nobody else is served. */
export const MAX_JUDGED_BYTES = 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** @param body read whole; undefined where the request has none */
export function judgePublish(state: RequestState, body: RequestBody | undefined): Denial | undefined {
  const grant = state.grant as Permit;
  const rules = grant.publish as PublishRules;
  const denial = judge(state, body, rules);
  if (denial === undefined || !rules.isObserved) return denial;
  const { role } = grant;
  state.grant = { role, rule: 'publish', hides: undefined, publish: rules, wouldDeny: denial.reason };
  return undefined;
}

function judge(state: RequestState, body: RequestBody | undefined, rules: PublishRules): Denial | undefined {
  const { route, target, req } = state;
  const form = route?.publish;
  if (form === undefined || target === undefined)
    throw new Error('what publishes nothing cannot be judged so');
  const read = readPublication(body?.collected.bytes() ?? NOTHING, { form, target, headers: req.headers });
  if (!read.allowed) return read;
  const { topics, text } = read.value;
  state.topics = topics;
  const refused = topics.find((topic) => !mayPublish(rules, topic, form.delays));
  if (refused !== undefined) return denyTopic(state, refused);
  if (body !== undefined) state.body = new WrittenBody(body, text, 'application/json');
  return undefined;
}

function denyTopic({ route, principal, grant }: RequestState, topic: string): Denial {
  const who = principal?.issuer;
  const what = `${route?.action.name}: the rule publish of ${who} does not hold the topic ${print(topic)}.`;
  return denyPermission(what, { role: grant?.role, rule: 'publish' }, principal, undefined);
}

/** In a challenge (RFC 6750 §3) there is no room for other characters, nor for long texts. */
const print = (topic: string): string => topic.slice(0, 200).replace(/[^ !#-[\]-~]/g, '?');
