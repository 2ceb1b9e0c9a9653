// MQTT 4.7 and 4.8.2: topic names, topic filters, and how two of them stand to each other. Levels are compared
// exactly: case counts, empty levels count, nothing is normalised. Knows no rule, no client and no broker.

/** A topic name or filter, split at its slashes. */
export type Levels = readonly string[];

export const splitTopic = (text: string): Levels => text.split('/');

/** [MQTT-4.7.3-3] */
const MAX_BYTES = 65_535;

/** [MQTT-4.7.3-1] to [MQTT-4.7.3-3], [MQTT-1.5.4-1], [MQTT-1.5.4-2] */
function isTopicText(text: string): boolean {
  if (text.length === 0 || text.length > MAX_BYTES) return false;
  return !text.includes('\0') && text.isWellFormed() && Buffer.byteLength(text) <= MAX_BYTES;
}

/** [MQTT-3.3.2-2] */
export const isTopicName = (text: string): boolean => isTopicText(text) && !/[+#]/.test(text);

/** [MQTT-4.7.1-1] to [MQTT-4.7.1-3]: a wildcard is a whole level, and `#` is the last. */
export function isTopicFilter(text: string): boolean {
  if (!isTopicText(text)) return false;
  if (!/[+#]/.test(text)) return true;
  const levels = splitTopic(text);
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

const isWildcard = (level: string | undefined): boolean => level === '+' || level === '#';

/** [MQTT-4.7.2-1]: a wildcard in the first level takes no name that begins with `$`. */
const isHidden = (filter: Levels, [first]: Levels): boolean =>
  first?.charCodeAt(0) === 0x24 && isWildcard(filter[0]);

/** Whether a filter takes a topic name. */
export function matches(filter: Levels, name: Levels): boolean {
  const last = filter.length - 1;
  for (let index = 0; index <= last; index++) {
    const level = filter[index];
    if (level === '#' && index === last) return !isHidden(filter, name);
    if (index === name.length) return false;
    if (level !== name[index] && level !== '+') return false;
  }
  return filter.length === name.length && !isHidden(filter, name);
}

/** `+/#` takes what `#` takes, since `#` takes the parent level as well. */
const simplify = (filter: Levels): Levels =>
  filter.length === 2 && filter[0] === '+' && filter[1] === '#' ? ['#'] : filter;

/** Whether `wide` takes every topic name that `narrow` takes; both are legal filters. */
export function covers(wide: Levels, narrow: Levels): boolean {
  if (isHidden(wide, narrow)) return false;
  const outer = simplify(wide);
  for (let index = 0; index < outer.length; index++) {
    const level = outer[index];
    if (level === '#') return true;
    const inner = narrow[index];
    if (inner === undefined || inner === '#') return false;
    if (level !== '+' && level !== inner) return false;
  }
  return outer.length === narrow.length;
}

/** Whether some topic name is taken by both; both are legal filters. */
export function overlaps(one: Levels, other: Levels): boolean {
  if (isHidden(one, other) || isHidden(other, one)) return false;
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [one[index], other[index]];
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return false;
    if (left !== right && left !== '+' && right !== '+') return false;
  }
  return true;
}

/**
 * The filter a subscription asks for: the one behind `$share/NAME/` (MQTT 5 4.8.2), or the text itself. Undefined
 * where it is no legal one.
 */
export function readSubscription(text: string): string | undefined {
  const filter = text.startsWith('$share/') ? readShared(text) : text;
  return filter !== undefined && isTopicFilter(filter) ? filter : undefined;
}

/** [MQTT-4.8.2-1], [MQTT-4.8.2-2] */
function readShared(text: string): string | undefined {
  const [, name, filter] = /^\$share\/([^/+#]+)\/(.+)$/s.exec(text) ?? [];
  return name === undefined ? undefined : filter;
}

const DELAYED = '$delayed/';

/** The topic behind `$delayed/N/`, however often that stands before it; undefined where none is. */
export function withoutDelay(topic: string): string | undefined {
  let rest = topic;
  while (rest.startsWith(DELAYED)) {
    const end = rest.indexOf('/', DELAYED.length);
    if (end === -1) return undefined;
    rest = rest.slice(end + 1);
  }
  return rest;
}
