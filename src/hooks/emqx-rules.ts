// The rules of a login as EMQX takes them with the login's answer: its list form, which ends as the core's own rules do.
// EMQX fills placeholders in again, and compares a subscription's filter as if it were a topic name; what that would open is
// denied first.
import {
  ACTION_BIT,
  decideTopic,
  EVERY_QOS,
  type RuleFilter,
  type TopicRule,
  type TopicRules,
} from '../policy/topic-rules.ts';

export interface EmqxRule {
  readonly permission: 'allow' | 'deny';
  readonly action: 'publish' | 'subscribe' | 'all';
  readonly topics: readonly string[];
  readonly qos?: readonly number[];
  readonly retain?: boolean;
}

/** No wildcard reaches a topic that begins with `$`: those that EMQX has are named. */
const EVERY_TOPIC = ['#', '$SYS/#', '$events/#', '$file/#'];

export function toEmqxRules(rules: TopicRules): EmqxRule[] {
  const list = rules.rules.flatMap((rule) => [...denyLooseFilters(rule, rules), ...translate(rule)]);
  if (rules.otherwise === 'deny') list.push({ permission: 'deny', action: 'all', topics: EVERY_TOPIC });
  if (rules.otherwise === 'allow') list.push({ permission: 'allow', action: 'all', topics: ['#'] });
  return list;
}

function translate(rule: TopicRule): EmqxRule[] {
  const action = nameActions(rule.actions);
  const topics = nameTopics(rule);
  const levels = [0, 1, 2].filter((qos) => (rule.qos & (1 << qos)) !== 0);
  if (action === undefined || topics.length === 0 || levels.length === 0) return [];
  return [
    {
      // What EMQX would pass on to somebody else ends here.
      permission: rule.effect === 'allow' ? 'allow' : 'deny',
      action,
      topics,
      ...(rule.qos !== EVERY_QOS && { qos: levels }),
      ...(rule.retain !== undefined && action !== 'subscribe' && { retain: rule.retain }),
    },
  ];
}

/** EMQX has no deliveries to ask about. */
function nameActions(actions: number): EmqxRule['action'] | undefined {
  const publishes = (actions & ACTION_BIT.publish) !== 0;
  if ((actions & ACTION_BIT.subscribe) === 0) return publishes ? 'publish' : undefined;
  return publishes ? 'all' : 'subscribe';
}

function nameTopics({ effect, filters }: TopicRule): readonly string[] {
  if (filters === 'every_topic') return EVERY_TOPIC;
  const topics = filters.map(nameTopic);
  // What cannot be written down must not be missing from a denial.
  if (effect !== 'allow' && topics.includes(undefined)) return EVERY_TOPIC;
  return topics.filter((topic) => topic !== undefined);
}

/** `eq ` is the text itself, with nothing filled in; a filter that EMQX would take for a template cannot be had otherwise. */
function nameTopic({ levels, isExact }: RuleFilter): string | undefined {
  const text = levels.join('/');
  const isTemplate = text.includes('${');
  const hasWildcard = levels.includes('+') || levels.at(-1) === '#';
  if (isExact || (isTemplate && !hasWildcard)) return `eq ${text}`;
  return isTemplate || text.startsWith('eq ') ? undefined : text;
}

/** `a/+` takes the text `a/#` at EMQX, which would be a subscription to more. */
function denyLooseFilters({ effect, actions, filters }: TopicRule, rules: TopicRules): EmqxRule[] {
  if (effect !== 'allow' || (actions & ACTION_BIT.subscribe) === 0 || filters === 'every_topic') return [];
  const loose = filters.flatMap(({ levels, isExact }) => {
    const end = levels.at(-1) === '#' ? levels.length - 2 : levels.length - 1;
    return isExact || levels[end] !== '+' ? [] : [[...levels.slice(0, end), '#']];
  });
  const denied = loose.filter((levels) => !mayAnySubscribe(rules, levels));
  if (denied.length === 0) return [];
  const topics = [...new Set(denied.map((levels) => `eq ${levels.join('/')}`))];
  return [{ permission: 'deny', action: 'subscribe', topics }];
}

function mayAnySubscribe(rules: TopicRules, levels: readonly string[]): boolean {
  return ([0, 1, 2] as const).some((qos) => {
    const question = { action: 'subscribe', topic: levels.join('/'), qos, retain: false } as const;
    return decideTopic(rules, question, levels).effect === 'allow';
  });
}
