// Topics as RabbitMQ's MQTT plugin spells them: a routing key has dots for slashes, so that `a.b/c` and `a/b/c` are the same to
// it, and `*` is `+` where it is read from.
import { type TopicRules, toRuleFilter } from '../policy/topic-rules.ts';

const withSlashes = (text: string): string => text.replaceAll('.', '/');

export function toTopic(routingKey: string, isRead: boolean): string {
  const topic = withSlashes(routingKey);
  if (!isRead) return topic;
  return topic
    .split('/')
    .map((level) => (level === '*' ? '+' : level))
    .join('/');
}

/** The same rules, about topics as they come out of routing keys. */
export function spellRules(rules: TopicRules): TopicRules {
  return {
    ...rules,
    rules: rules.rules.map((rule) => ({
      ...rule,
      filters:
        rule.filters === 'every_topic'
          ? rule.filters
          : rule.filters.map(({ levels, isExact }) => toRuleFilter(withSlashes(levels.join('/')), isExact)),
    })),
  };
}
