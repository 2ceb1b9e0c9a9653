// RabbitMQ's exchanges and routing keys as topics. What its MQTT plugin shows to MQTT clients, the exchange `amq.topic` of the
// virtual host `/`, has the topics of MQTT: a dot is a slash. Any other exchange has `$exchange/VHOST/NAME/KEY`, where no
// wildcard of a first level reaches.

const OTHERS = '$exchange';

/** What means something else on one of the two sides, and would be another topic after the translation. */
const AMBIGUOUS = /[/*+#]/;

/** Undefined where the routing key can be read in two ways. */
export function toExchangeTopic(vhost: string, exchange: string, key: string): string | undefined {
  if (AMBIGUOUS.test(key)) return undefined;
  const topic = key.replaceAll('.', '/');
  if (vhost === '/' && exchange === 'amq.topic') return topic.startsWith(OTHERS) ? undefined : topic;
  return [OTHERS, encodeURIComponent(vhost), encodeURIComponent(exchange), topic].join('/');
}
