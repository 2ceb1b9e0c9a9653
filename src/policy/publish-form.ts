// Where a publish names its topics, read from a row of a catalogue: which members of the body, and what of the path
// belongs to each. Knows no body and no rule.

export interface PublishForm {
  /** The body is a list, and each of its items a publish. */
  readonly isBatch: boolean;
  /** Members that may name topics. */
  readonly places: readonly TopicPlace[];
  /** All places that are there count; otherwise there may be one of them only. */
  readonly takesAll: boolean;
  /** Segments of the path that each topic is said below, as an exchange is. */
  readonly segments: readonly number[];
  /** Where the broker looks for a topic as well: it may not stand there. */
  readonly queryNames: readonly string[];
  readonly headerNames: readonly string[];
  /** The depth of the objects whose names the broker reads without regard to case; 0 for none. */
  readonly foldsAt: number;
  /** The broker takes `$delayed/N/t` for a later message to `t`. */
  readonly delays: boolean;
}

/** How a broker reads what is published. */
export interface PublishHabits {
  readonly foldsNames?: boolean;
  readonly delays?: boolean;
}

export interface TopicPlace {
  /** As it is called in sentences: `properties.headers.CC`. */
  readonly name: string;
  readonly path: readonly string[];
  /** One topic, several between commas (with blanks around them that do not count), or a list of texts. */
  readonly holds: 'topic' | 'list' | 'trimmed' | 'items';
}

const ITEM = '[].';

/** @param text what a row says of its topics */
export function readPublishForm(
  text: string,
  segmentNames: readonly string[],
  { foldsNames = false, delays = false }: PublishHabits,
): PublishForm {
  const parts = text.split(',');
  const members = parts.at(-1) ?? '';
  const sources = members.split(/[|&]/);
  const isBatch = members.startsWith(ITEM);
  return {
    isBatch,
    places: sources.filter((source) => !/^(?:header|query):/.test(source)).map(readPlace),
    takesAll: members.includes('&'),
    segments: namesBehind('path:', parts).map((name) => segmentNames.indexOf(name)),
    queryNames: namesBehind('query:', sources),
    headerNames: namesBehind('header:', sources),
    foldsAt: foldsNames ? (isBatch ? 2 : 1) : 0,
    delays,
  };
}

const namesBehind = (start: string, sources: readonly string[]): string[] =>
  sources.filter((source) => source.startsWith(start)).map((source) => source.slice(start.length));

function readPlace(source: string): TopicPlace {
  const [path = '', form] = (source.startsWith(ITEM) ? source.slice(ITEM.length) : source).split(':');
  const name = path.replace(/\[\]$/, '');
  const holds = name === path ? ((form ?? 'topic') as TopicPlace['holds']) : 'items';
  return { name, path: name.split('.'), holds };
}
