// Where an issuer may publish over HTTP: the filters of its rule `publish`, judged as those of an MQTT client are.
import { isTopicName, splitTopic, withoutDelay } from './topic.ts';
import { ACTION_BIT, decideTopic, EVERY_QOS, type TopicRules, toRuleFilter } from './topic-rules.ts';

export interface PublishRules {
  /** What settings and sidecar say: both have to allow. */
  readonly parts: readonly TopicRules[];
  /** The same as they are written. */
  readonly filters: readonly (readonly string[])[];
  /** What they would refuse is only recorded. */
  readonly isObserved: boolean;
}

/** @param filters legal ones; without any nothing is allowed */
export const compilePublishFilters = (filters: readonly string[]): TopicRules => ({
  rules: filters.map((filter) => ({
    name: 'publish',
    effect: 'allow',
    actions: ACTION_BIT.publish,
    qos: EVERY_QOS,
    retain: undefined,
    filters: [toRuleFilter(filter)],
  })),
  otherwise: 'deny',
  isExact: true,
});

/**
 * @param topic a legal topic name
 * @param delays the broker takes `$delayed/N/t` for a later message to `t`
 */
export function mayPublish({ parts }: PublishRules, topic: string, delays: boolean): boolean {
  const meant = delays ? withoutDelay(topic) : topic;
  if (meant === undefined || !isTopicName(meant)) return false;
  const question = { action: 'publish', topic: meant, qos: 0, retain: false } as const;
  const levels = splitTopic(meant);
  return parts.every((rules) => decideTopic(rules, question, levels).effect === 'allow');
}
