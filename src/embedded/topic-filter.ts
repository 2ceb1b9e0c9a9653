// Whether a topic name matches a topic filter (MQTT 3.1.1 §4.7).
// Only for counting: which messages are delivered is decided by Aedes alone.

const startsWithWildcard = (filter: string): boolean => filter.startsWith('+') || filter.startsWith('#');

/** True when a subscription to `filter` receives messages published to `topic`. */
export function isMatch(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]
  if (topic.startsWith('$') && startsWithWildcard(filter)) return false;
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
