// amqtt's three claims: a list of filters for each action, with no placeholders and no deny. What is not listed is
// denied.
import { isTopicFilter } from './topic.ts';
import {
  ACTION_BIT,
  EVERY_QOS,
  type TopicAction,
  type TopicRule,
  type TopicRules,
  toRuleFilter,
} from './topic-rules.ts';

/** A list that is no list of texts allows nothing. */
export type TopicLists = Readonly<Record<TopicAction, { readonly name: string; readonly list: unknown }>>;

export function compileLists(lists: TopicLists): TopicRules {
  const actions = Object.keys(ACTION_BIT) as TopicAction[];
  return {
    rules: actions.map((action) => compileList(action, lists[action].name, lists[action].list)),
    otherwise: 'deny',
    isExact: true,
  };
}

function compileList(action: TopicAction, name: string, list: unknown): TopicRule {
  const isUsable = Array.isArray(list) && list.every((entry) => typeof entry === 'string');
  const filters = (isUsable ? (list as string[]) : []).filter(isTopicFilter);
  return {
    name,
    effect: 'allow',
    actions: ACTION_BIT[action],
    qos: EVERY_QOS,
    retain: undefined,
    filters: filters.map((filter) => toRuleFilter(filter)),
  };
}
