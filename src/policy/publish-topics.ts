// The topics that the body of a publish names, read at the places where the broker looks for them. What a broker could
// read in two ways names none.
import { readSegment } from './path-segment.ts';
import type { PublishForm, TopicPlace } from './publish-form.ts';
import { toExchangeTopic } from './rabbitmq-topics.ts';
import { isTopicName } from './topic.ts';

/** Of one call. */
const MAX_TOPICS = 1000;

const NONE: readonly never[] = [];

export class PublishTopics {
  /** What is wrong, as a sentence; the first thing counts. */
  flaw: string | undefined;
  readonly list: readonly string[];
  readonly #form: PublishForm;

  /**
   * @param value of the body
   * @param path of the call, canonical
   */
  constructor(value: unknown, form: PublishForm, path: string) {
    this.#form = form;
    const texts = this.#listItems(value).flatMap((item) => this.#readItem(item));
    this.list = texts.slice(0, MAX_TOPICS).map((text) => this.#toTopic(text, path));
    if (texts.length === 0) this.#refuse('It publishes nothing.');
    if (texts.length > MAX_TOPICS) this.#refuse(`It names more than ${MAX_TOPICS} topics.`);
  }

  #refuse(flaw: string): readonly never[] {
    this.flaw ??= flaw;
    return NONE;
  }

  #listItems(value: unknown): readonly unknown[] {
    if (!this.#form.isBatch) return [value];
    return Array.isArray(value) ? value : this.#refuse('It has to be a list.');
  }

  #readItem(item: unknown): readonly string[] {
    const { places, takesAll } = this.#form;
    const present = places.filter(({ path }) => findMember(item, path) !== undefined);
    if (present.length === 0) return this.#refuse(`It names no topic: ${listNames(places)} has to.`);
    if (present.length > 1 && !takesAll) return this.#refuse(`Send ${listNames(places)}, not both.`);
    return present.flatMap((place) => this.#readPlace(findMember(item, place.path), place));
  }

  #readPlace(value: unknown, { name, holds }: TopicPlace): readonly string[] {
    if (holds === 'items') {
      const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string');
      return isTexts ? (value as string[]) : this.#refuse(`${name} has to be a list of texts.`);
    }
    if (typeof value !== 'string') return this.#refuse(`${name} has to be a text.`);
    if (holds === 'topic') return [value];
    const topics = value.split(',');
    return holds === 'list' ? topics : topics.map((topic) => topic.replace(BLANKS, ''));
  }

  #toTopic(text: string, path: string): string {
    const topic = this.#form.segments.length === 0 ? text : this.#toExchange(text, path);
    // [MQTT-3.3.2-2]: what is no topic name to MQTT may well be one to the broker.
    if (!isTopicName(topic))
      this.#refuse('It names a topic that is none: empty, too long, or with a wildcard.');
    return topic;
  }

  #toExchange(key: string, path: string): string {
    const [vhost = '', exchange = ''] = this.#form.segments.map((segment) => readSegment(path, segment));
    const topic = toExchangeTopic(vhost, exchange, key);
    if (topic === undefined)
      this.#refuse(
        'Where topics are judged, a routing key holds none of / * + # and does not begin with $exchange.',
      );
    return topic ?? key;
  }
}

const listNames = (places: readonly TopicPlace[]): string => places.map(({ name }) => name).join(' or ');

/** RMQTT trims what Unicode calls white space. */
const BLANKS = /^\p{White_Space}+|\p{White_Space}+$/gu;

function findMember(item: unknown, path: readonly string[]): unknown {
  let value = item;
  for (const name of path) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    value =
      isObject && Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}
