// What a publish request asks for, read from its JSON as NanoMQ's handle_publish_msg reads it: a member of the
// wrong type counts as absent. What MQTT cannot carry is refused here rather than injected. Knows no HTTP.

/** One publish request: the same message to each of the topics. */
export interface PublishRequest {
  readonly topics: readonly string[];
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

const MAX_TOPIC_BYTES = 65_535;
const STRICT_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The named member when it is a string of the object's own. */
export function readString(value: unknown, name: string): string | undefined {
  const member = readMember(value, name);
  return typeof member === 'string' ? member : undefined;
}

/**
 * Reads `topic` or `topics` (split at commas), `payload`, `encoding` (plain, base64), `qos`, `retain`.
 * `clientid` and `properties` are accepted and not used: nobody speaks in another client's name here, and
 * Aedes speaks MQTT 3.1.1, which has no properties. Undefined: a parameter is missing or cannot be sent.
 */
export function readPublishRequest(value: unknown): PublishRequest | undefined {
  const topics = readTopics(value);
  const payload = readPayload(value);
  const qos = readQos(value);
  if (topics.length === 0 || !topics.every(isTopicName)) return undefined;
  if (payload === undefined || qos === undefined) return undefined;
  return { topics, payload, qos, retain: readMember(value, 'retain') === true };
}

function readMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function readTopics(value: unknown): readonly string[] {
  const topic = readString(value, 'topic');
  if (topic !== undefined) return [topic];
  const list = readString(value, 'topics') ?? '';
  return list.split(',').filter((part) => part !== '');
}

/** [MQTT-3.3.2-2], [MQTT-4.7.3-1] to [MQTT-4.7.3-3], [MQTT-1.5.3-1]. */
function isTopicName(topic: string): boolean {
  if (topic === '' || /[+#\0]/.test(topic)) return false;
  const bytes = Buffer.from(topic);
  return bytes.length <= MAX_TOPIC_BYTES && bytes.toString() === topic;
}

function readPayload(value: unknown): Buffer | undefined {
  const payload = readString(value, 'payload');
  if (payload === undefined) return undefined;
  const encoding = readString(value, 'encoding') ?? 'plain';
  if (encoding === 'plain') return Buffer.from(payload);
  if (encoding !== 'base64' || !STRICT_BASE64.test(payload)) return undefined;
  return Buffer.from(payload, 'base64');
}

function readQos(value: unknown): 0 | 1 | 2 | undefined {
  const qos = readMember(value, 'qos');
  if (typeof qos !== 'number') return 0;
  return qos === 0 || qos === 1 || qos === 2 ? qos : undefined;
}
