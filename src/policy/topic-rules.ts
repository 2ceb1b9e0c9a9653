// One ordered list of rules about topics with one default: the first rule that meets a question decides it.
// Compiled once at a login, then only looked at. Knows no token, no claim and no broker.

import { covers, type Levels, matches, overlaps, splitTopic } from './topic.ts';
import { selectCandidates } from './topic-index.ts';

export type TopicAction = 'publish' | 'subscribe' | 'receive';
export type Qos = 0 | 1 | 2;

/** What an MQTT client wants to do with a topic; of a subscription, `topic` is its filter. */
export interface TopicQuestion {
  readonly action: TopicAction;
  readonly topic: string;
  /** Undefined where the broker does not say. */
  readonly qos: Qos | undefined;
  readonly retain: boolean | undefined;
}

/** `no_match`: the rules leave the question to whoever else has an opinion. */
export type TopicEffect = 'allow' | 'deny' | 'no_match';

export interface RuleFilter {
  readonly levels: Levels;
  /** The levels before its first wildcard: whatever it takes begins so. */
  readonly head: string;
  /** EMQX's `eq `: the text itself, not what it takes. */
  readonly isExact: boolean;
}

export interface TopicRule {
  /** Where it stands, for whoever asks why: `acl.pub`, `acl[2]`. */
  readonly name: string;
  readonly effect: TopicEffect;
  /** A set of `ACTION_BIT`s. */
  readonly actions: number;
  /** A set of bits, `1 << qos`. */
  readonly qos: number;
  /** Undefined where it does not matter. */
  readonly retain: boolean | undefined;
  readonly filters: readonly RuleFilter[] | 'every_topic';
}

export interface TopicRules {
  readonly rules: readonly TopicRule[];
  /** Where no rule meets the question. */
  readonly otherwise: TopicEffect;
  /**
   * Whether a rule must cover all of a subscription to allow it, and deny it where it overlaps. The brokers compare
   * the subscription's filter as if it were a topic name.
   */
  readonly isExact: boolean;
}

export interface TopicDecision {
  readonly effect: TopicEffect;
  /** Undefined where no rule met the question. */
  readonly rule: string | undefined;
}

export function toRuleFilter(text: string, isExact = false): RuleFilter {
  const levels = splitTopic(text);
  const wildcard = levels.findIndex((level) => level === '+' || level === '#');
  return { levels, head: wildcard === -1 ? text : levels.slice(0, wildcard).join('/'), isExact };
}

export const ACTION_BIT = { publish: 1, subscribe: 2, receive: 4 } as const satisfies Record<
  TopicAction,
  number
>;
export const EVERY_QOS = 0b111;

/** @param target the question's topic name, or its subscription's filter, which is legal */
export function decideTopic(
  { rules, otherwise, isExact }: TopicRules,
  question: TopicQuestion,
  target: Levels,
): TopicDecision {
  const meet = question.action === 'subscribe' && isExact ? meetsSubscription : meetsName;
  const bit = ACTION_BIT[question.action];
  // A deny rule may overlap a subscription that begins otherwise.
  const candidates = meet === meetsName ? selectCandidates(rules, target) : rules;
  for (const rule of candidates) {
    if ((rule.actions & bit) === 0 || !meetsDelivery(rule, question)) continue;
    const { filters } = rule;
    if (filters === 'every_topic') return { effect: rule.effect, rule: rule.name };
    for (const filter of filters) {
      if (meet(filter, target, rule.effect, question.action)) {
        return { effect: rule.effect, rule: `${rule.name} ${filter.levels.join('/')}` };
      }
    }
  }
  return { effect: otherwise, rule: undefined };
}

/** QoS and retain are asked of what a client sends; what it receives was published with somebody else's. */
function meetsDelivery({ effect, qos, retain }: TopicRule, question: TopicQuestion): boolean {
  if (question.action === 'receive') return true;
  // What nobody says could be anything: an allow rule must take all of it, a deny rule some.
  const asked = question.qos === undefined ? EVERY_QOS : 1 << question.qos;
  const isMet = effect === 'allow' ? (qos & asked) === asked : (qos & asked) !== 0;
  if (!isMet || retain === undefined || question.action === 'subscribe') return isMet;
  return question.retain === undefined ? effect !== 'allow' : retain === question.retain;
}

function meetsSubscription({ levels, isExact }: RuleFilter, target: Levels, effect: TopicEffect): boolean {
  if (isExact) return isSame(levels, target);
  return effect === 'allow' ? covers(levels, target) : overlaps(levels, target);
}

function meetsName(
  { levels, isExact }: RuleFilter,
  target: Levels,
  effect: TopicEffect,
  action: TopicAction,
): boolean {
  if (!isExact) return matches(levels, target);
  // Whoever may subscribe to exactly `a/#` receives what that filter takes.
  return action === 'receive' && effect === 'allow' ? matches(levels, target) : isSame(levels, target);
}

const isSame = (one: Levels, other: Levels): boolean =>
  one.length === other.length && one.every((level, index) => level === other[index]);
