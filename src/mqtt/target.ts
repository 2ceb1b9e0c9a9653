// The topic a question is about, taken apart: a legal name, or the filter a subscription asks for. Brokers with
// prefixes of their own (`$queue/`, `$delayed/N/`) mean what stands behind them.
import { isTopicName, type Levels, readSubscription, splitTopic, withoutDelay } from '../policy/topic.ts';
import type { TopicQuestion } from '../policy/topic-rules.ts';

/** `deny`: legal to MQTT, but not to the broker. */
export type Target = { readonly levels: Levels } | { readonly refused: 'topic_invalid' | 'not_covered' };

const refuse = (refused: 'topic_invalid' | 'not_covered'): Target => ({ refused });

/** By MQTT alone; every other prefix is a topic like any. */
export function readPlainTarget({ action, topic }: TopicQuestion): Target {
  const filter = action === 'subscribe' ? readSubscription(topic) : isTopicName(topic) ? topic : undefined;
  return filter === undefined ? refuse('topic_invalid') : { levels: splitTopic(filter) };
}

/** As EMQX reads it: `$queue/` and `$exclusive/` subscribe to what is behind them, `$delayed/N/` is peeled off. */
export function readEmqxTarget(question: TopicQuestion): Target {
  const plain = readPlainTarget(question);
  if ('refused' in plain) return plain;
  let topic = plain.levels.join('/');
  if (question.action === 'subscribe') topic = topic.replace(/^\$(?:queue|exclusive)\//, '');
  const meant = withoutDelay(topic);
  return meant === undefined ? refuse('not_covered') : { levels: splitTopic(meant) };
}

/** amqtt ends the connection of whoever publishes to a topic of the broker's own. */
export function readAmqttTarget(question: TopicQuestion): Target {
  const isReserved = question.action === 'publish' && question.topic.startsWith('$');
  return isReserved ? refuse('not_covered') : readPlainTarget(question);
}
