// What a publish request asks for, read as NanoMQ's handle_publish_msg reads it: a member of the wrong type counts as
// absent, `encoding` encodes, a payload ends at NUL. On purpose not NanoMQ's way: what MQTT cannot carry (an empty topic
// or list of topics, wildcards, NUL in a topic, text that is no base64 under `decoding`) is refused. Knows no HTTP.

import { type Json, readMember, readString } from './json.ts';

/** One publish request: the same message to each of the topics. */
export interface PublishRequest {
  readonly topics: readonly string[];
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

const MAX_TOPIC_BYTES = 65_535;
const STRICT_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads `topic` or `topics` (split at commas), `payload`, `encoding` or `decoding` (base64), `qos`, `retain`.
 * `clientid` and `properties` are accepted and not used: nobody speaks in another client's name here, and
 * Aedes speaks MQTT 3.1.1, which has no properties. Undefined: a parameter is missing or cannot be sent.
 */
export function readPublishRequest(value: Json): PublishRequest | undefined {
  const topics = readTopics(value);
  const payload = readPayload(value);
  if (topics.length === 0 || !topics.every(isTopicName) || payload === undefined) return undefined;
  return { topics, payload, qos: readQos(value), retain: readMember(value, 'retain') === true };
}

function readTopics(value: Json): readonly string[] {
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

function readPayload(value: Json): Buffer | undefined {
  const payload = readString(value, 'payload')?.split('\0', 1)[0];
  if (payload === undefined) return undefined;
  const bytes = Buffer.from(payload);
  if (readString(value, 'encoding') === 'base64') return Buffer.from(bytes.toString('base64'));
  if (readString(value, 'decoding') !== 'base64') return bytes;
  return STRICT_BASE64.test(payload) ? Buffer.from(payload, 'base64') : undefined;
}

/** NanoMQ takes any number and sends its two lowest bits. All set is no QoS ([MQTT-3.3.1-4]): here that is 2. */
function readQos(value: Json): 0 | 1 | 2 {
  const qos = readMember(value, 'qos');
  const bits = typeof qos === 'number' ? qos & 3 : 0;
  return Math.min(bits, 2) as 0 | 1 | 2;
}
