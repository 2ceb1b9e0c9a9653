// What a body publishes, by whoever reads it: what NanoMQ reads of each, what the guard judges, and what it sends. A body
// that has two readings has none.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadProfile, type ProfileName } from '../../src/policy/profile.ts';
import { readPublication } from '../../src/policy/publish-body.ts';
import type { PublishForm } from '../../src/policy/publish-form.ts';
import { compilePublishFilters, mayPublish } from '../../src/policy/publish-rules.ts';
import { matches, splitTopic } from '../../src/policy/topic.ts';
import { readAsNanomq } from '../support/nanomq-body.ts';

const formOf = (profile: ProfileName, path: string, method = 'POST'): PublishForm =>
  loadProfile(profile).match(path)?.byMethod.get(method)?.publish as PublishForm;

function judge(profile: ProfileName, target: string, body: string | Buffer, headers: object = {}) {
  const [path = ''] = target.split('?');
  const read = readPublication(Buffer.from(body), {
    form: formOf(profile, path),
    target: { path, text: target },
    headers,
  });
  return read.allowed ? read.value : read.detail;
}

const SINGLE = '/api/v4/mqtt/publish';
const BATCH = '/api/v4/mqtt/publish_batch';

const TWICE = 'It names a member twice in one object.';
const NO_JSON = 'It is no JSON, or more than one JSON text.';
const BOTH = 'Send topic or topics, not both.';
const NO_TOPIC = 'It names no topic: topic or topics has to.';
const NO_NAME = 'It names a topic that is none: empty, too long, or with a wildcard.';
const NUL = 'It holds the character NUL: send such a payload in base64.';

describe('a body for NanoMQ', () => {
  // What NanoMQ reads; what the guard judges, with what it sends, or what it finds wrong.
  it.each<[string, string, string[] | undefined, { topics: string[]; text: string } | string]>([
    ['a topic', '{"topic":"a/b"}', ['a/b'], { topics: ['a/b'], text: '{"topic":"a/b"}' }],
    ['blanks', ' { "topic" : "a" }\n', ['a'], { topics: ['a'], text: '{"topic":"a"}' }],
    [
      'another case',
      '{"Topic":"a","PayLoad":"X"}',
      ['a'],
      { topics: ['a'], text: '{"topic":"a","payload":"X"}' },
    ],
    ['an escaped name', '{"t\\u006fpic":"a\\/b"}', ['a/b'], { topics: ['a/b'], text: '{"topic":"a/b"}' }],
    [
      'several topics',
      '{"topics":"a,b/c"}',
      ['a', 'b/c'],
      { topics: ['a', 'b/c'], text: '{"topics":"a,b/c"}' },
    ],
    ['a comma in a topic', '{"topic":"a,b"}', ['a,b'], { topics: ['a,b'], text: '{"topic":"a,b"}' }],
    [
      'a blank in topics',
      '{"topics":"a, b"}',
      ['a', ' b'],
      { topics: ['a', ' b'], text: '{"topics":"a, b"}' },
    ],
    [
      'numbers and words',
      '{"topic":"a","qos":1.0,"retain":true,"x":[-0.0,1E2]}',
      ['a'],
      { topics: ['a'], text: '{"topic":"a","qos":1.0,"retain":true,"x":[-0.0,1E2]}' },
    ],
    [
      'JSON in the payload',
      '{"payload":"{\\"topic\\":\\"b\\"}","topic":"a"}',
      ['a'],
      { topics: ['a'], text: '{"payload":"{\\"topic\\":\\"b\\"}","topic":"a"}' },
    ],
    [
      'names of the properties, which keep their case',
      '{"topic":"a","properties":{"user_properties":{"A":"1","a":"2"}}}',
      ['a'],
      { topics: ['a'], text: '{"topic":"a","properties":{"user_properties":{"A":"1","a":"2"}}}' },
    ],
    ['a name twice', '{"topic":"b","topic":"a"}', ['b'], TWICE],
    ['a name twice, in two cases', '{"TOPIC":"b","topic":"a"}', ['b'], TWICE],
    ['a name twice, once escaped', '{"\\u0074opic":"b","topic":"a"}', ['b'], TWICE],
    ['two payloads', '{"topic":"a","payload":"1","Payload":"2"}', ['a'], TWICE],
    ['both members', '{"topics":"a","topic":"b"}', ['b'], BOTH],
    ['both members, one of another type', '{"topics":"b","topic":7}', ['b'], BOTH],
    ['text behind it', '{"topic":"b"}{"topic":"a"}', ['b'], NO_JSON],
    ['NUL behind it', '{"topic":"b"}\0', ['b'], NO_JSON],
    ['a byte order mark', '\ufeff{"topic":"b"}', ['b'], 'It begins with a byte order mark.'],
    ['NUL in a topic', '{"topic":"b\\u0000/a"}', ['b'], NUL],
    ['NUL in a name', '{"topic\\u0000x":"b","topics":"a"}', ['b'], NUL],
    ['NUL in a payload', '{"topic":"a","payload":"1\\u00002"}', ['a'], NUL],
    ['a raw line break', '{"topic":"b\n"}', ['b\n'], NO_JSON],
    ['half a character', '{"topic":"a","payload":"\\ud800"}', ['a'], 'It holds half a character.'],
    ['an empty topic', '{"topic":""}', [''], NO_NAME],
    ['an empty part', '{"topics":"b,,a"}', ['b', 'a'], NO_NAME],
    ['a wildcard', '{"topic":"b/#"}', ['b/#'], NO_NAME],
    ['a wildcard among topics', '{"topics":"a,+"}', ['a', '+'], NO_NAME],
    ['a topic that is no text', '{"topic":["b"]}', [], 'topic has to be a text.'],
    ['topics that are a list', '{"topics":["b"]}', [], 'topics has to be a text.'],
    ['no topic', '{"payload":"x"}', [], NO_TOPIC],
    ['a list', '[{"topic":"b"}]', undefined, NO_TOPIC],
    ['null', 'null', undefined, NO_TOPIC],
    ['nothing', '', undefined, NO_JSON],
    ['a form', 'topic=b', undefined, NO_JSON],
    ['a comma too many', '{"topic":"b",}', undefined, NO_JSON],
    [
      'a number of 400 digits',
      `{"topic":"a","qos":${'1'.repeat(400)}}`,
      undefined,
      'It holds a number of too many digits.',
    ],
    ['257 levels', `{"topic":"b","x":${'['.repeat(257)}${']'.repeat(257)}}`, ['b'], 'It is nested too deep.'],
    ['a megabyte of brackets', '['.repeat(1_000_000), undefined, NO_JSON],
    [
      '1,001 topics',
      `{"topics":"${'a,'.repeat(1000)}a"}`,
      Array(1001).fill('a'),
      'It names more than 1000 topics.',
    ],
  ])('with %s', (_, body, read, judged) => {
    if (body.length < 100_000) expect(readAsNanomq(Buffer.from(body), false)).toEqual(read);
    expect(judge('nanomq', SINGLE, body)).toEqual(judged);
  });

  it('is no gzip, whatever its Content-Type, and nothing but UTF-8', () => {
    expect(judge('nanomq', SINGLE, Buffer.from([0x1f, 0x8b, 8, 0]))).toBe('It is not UTF-8.');
    expect(judge('nanomq', SINGLE, Buffer.from('{"topic":"\xff"}', 'latin1'))).toBe('It is not UTF-8.');
  });

  it.each<[string, string, string[] | undefined, { topics: string[]; text: string } | string]>([
    [
      'each item',
      '[{"topic":"a"}, {"Topics":"b,c"}]',
      ['a', 'b', 'c'],
      { topics: ['a', 'b', 'c'], text: '[{"topic":"a"},{"topics":"b,c"}]' },
    ],
    ['an item with a name twice', '[{"topic":"a"},{"topic":"b","Topic":"a"}]', ['a', 'b'], TWICE],
    ['an item without a topic', '[{"topic":"a"},{}]', ['a'], NO_TOPIC],
    ['an item that is a list', '[{"topic":"a"},[{"topic":"b"}]]', ['a'], NO_TOPIC],
    ['an object', '{"topic":"b"}', undefined, 'It has to be a list.'],
    ['no item', '[]', [], 'It publishes nothing.'],
  ])('with a batch of %s', (_, body, read, judged) => {
    expect(readAsNanomq(Buffer.from(body), true)).toEqual(read);
    expect(judge('nanomq', BATCH, body)).toEqual(judged);
  });
});

describe('a body for another broker', () => {
  const topicsOf = (judged: ReturnType<typeof judge>) =>
    typeof judged === 'object' ? judged.topics : judged;

  it.each<[ProfileName, string, string, readonly string[] | string]>([
    ['emqx', '/api/v5/publish', '{"topic":"a","Topic":"b"}', ['a']],
    ['emqx', '/api/v5/publish', '{"topic":"a","topics":"b"}', ['a']],
    ['emqx', '/api/v5/publish', '{"Topic":"a"}', 'It names no topic: topic has to.'],
    ['emqx', '/api/v5/publish/bulk', '[{"topic":"a"},{"topic":"b"}]', ['a', 'b']],
    ['emqx', '/api/v5/publish/bulk', '[{"topic":"a"},{"topic":7}]', 'topic has to be a text.'],
    ['rmqtt', '/api/v1/mqtt/publish', '{"topic":"a","topics":"b, c\\u2003"}', ['a', 'b', 'c']],
    ['rmqtt', '/api/v1/mqtt/publish', '{"topics":" a ,b"}', ['a', 'b']],
    ['rmqtt', '/api/v1/mqtt/publish', '{"topics":"a,\\ufeffb"}', ['a', '\ufeffb']],
    ['rmqtt', '/api/v1/mqtt/publish', '{"topic":"a","topics":"b, "}', NO_NAME],
    ['rmqtt', '/api/v1/mqtt/publish', '{"topic":null,"topics":"b"}', 'topic has to be a text.'],
    ['vernemq', '/restmqtt/api/v1/publish', '{"topic":"a"}', ['a']],
  ])('%s %s %s', (profile, path, body, judged) =>
    expect(topicsOf(judge(profile, path, body))).toEqual(judged),
  );

  it('that looks for the topic in header and query as well has it in none of them', () => {
    const path = '/restmqtt/api/v1/publish';
    const elsewhere = 'Name the topic in the body alone, which is JSON: not in the query, nor in a header.';
    expect(judge('vernemq', `${path}?topic=b`, '{"topic":"a"}')).toBe(elsewhere);
    expect(judge('vernemq', `${path}?t%6fpic=b`, '{"topic":"a"}')).toBe(elsewhere);
    expect(judge('vernemq', path, '{"topic":"a"}', { topic: 'b' })).toBe(elsewhere);
    expect(judge('vernemq', `${path}?topic=b`, 'payload')).toBe(elsewhere);
    expect(judge('emqx', '/api/v5/publish?topic=b', '{"topic":"a"}')).toMatchObject({ topics: ['a'] });
  });
});

describe("RabbitMQ's exchange and routing key", () => {
  const KEY =
    'Where topics are judged, a routing key holds none of / * + # and does not begin with $exchange.';
  const at = (vhost: string, exchange: string) => `/api/exchanges/${vhost}/${exchange}/publish`;

  it.each([
    [at('%2F', 'amq.topic'), { routing_key: 'line.1.up' }, ['line/1/up']],
    [at('%2F', 'orders'), { routing_key: 'eu.new' }, ['$exchange/%2F/orders/eu/new']],
    [at('plant', 'amq.topic'), { routing_key: 'a' }, ['$exchange/plant/amq.topic/a']],
    [at('%2F', 'amq.default'), { routing_key: 'jobs' }, ['$exchange/%2F/amq.default/jobs']],
    [at('%2F', 'amq.fanout'), { routing_key: '' }, ['$exchange/%2F/amq.fanout/']],
    [at('%2F', 'a%21b'), { routing_key: 'k' }, ['$exchange/%2F/a!b/k']],
    [at('%2F', 'a%2Fb'), { routing_key: 'k' }, ['$exchange/%2F/a%2Fb/k']],
    [
      at('%2F', 'amq.topic'),
      { routing_key: 'a', properties: { headers: { CC: ['b.c'], BCC: ['d'] } } },
      ['a', 'b/c', 'd'],
    ],
    [
      at('%2F', 'amq.topic'),
      { routing_key: 'a', properties: { headers: { CC: 'b' } } },
      'properties.headers.CC has to be a list of texts.',
    ],
    [at('%2F', 'amq.topic'), { routing_key: 'a', properties: [] }, ['a']],
    [at('%2F', 'amq.topic'), { routing_key: 'a/b' }, KEY],
    [at('%2F', 'amq.topic'), { routing_key: 'a.*' }, KEY],
    [at('%2F', 'amq.topic'), { routing_key: '$exchange.v.x.k' }, KEY],
    [at('%2F', 'amq.topic'), { routing_key: '' }, NO_NAME],
    [
      at('%2F', 'amq.topic'),
      { payload: 'a' },
      'It names no topic: routing_key or properties.headers.CC or properties.headers.BCC has to.',
    ],
  ])('%s %j', (target, body, judged) => {
    const read = judge('rabbitmq', target, JSON.stringify(body));
    expect(typeof read === 'object' ? read.topics : read).toEqual(judged);
  });
});

describe('the rule publish', () => {
  const may = (topic: string, filters: readonly (readonly string[])[], delays = false) =>
    mayPublish({ parts: filters.map(compilePublishFilters), filters, isObserved: false }, topic, delays);

  it('takes what MQTT filters take, and of two lists what both take', () => {
    expect(may('a/b', [['a/#']])).toBe(true);
    expect(may('a/b', [['a/+', 'c'], ['+/b']])).toBe(true);
    expect(may('a/b', [['a/#'], ['c']])).toBe(false);
    expect(may('a/b', [[]])).toBe(false);
    expect(may('$SYS/a', [['#', '+/a']])).toBe(false);
    expect(may('$exchange/%2F/orders/a', [['#']])).toBe(false);
    expect(may('$exchange/%2F/orders/a', [['$exchange/%2F/orders/#']])).toBe(true);
  });

  it('judges a delayed message by what is behind the delay, where the broker delays', () => {
    expect(may('$delayed/5/a/b', [['a/#']], true)).toBe(true);
    expect(may('$delayed/5/c', [['a/#', '$delayed/#']], true)).toBe(false);
    expect(may('$delayed/5/$delayed/1/c', [['a/#', '$delayed/#']], true)).toBe(false);
    expect(may('$delayed/5', [['#', '$delayed/#']], true)).toBe(false);
    expect(may('$delayed/5/', [['#']], true)).toBe(false);
    expect(may('$delayed/5/c', [['$delayed/#']])).toBe(true);
  });

  it('holds any number of filters', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `line-${index}/up`);
    expect(may('line-4711/up', [many])).toBe(true);
    expect(may('line-5000/up', [many])).toBe(false);
  });
});

describe('no body that was judged', () => {
  const FILTERS = ['a/#', 'b/+', 'c'];
  const topic = fc.constantFrom(
    'a',
    'a/x',
    'b/x',
    'b/x/y',
    'c',
    'd',
    '$SYS/x',
    'a/#',
    '',
    'c,d',
    'd\\u0000',
    'a\\u002fx',
  );
  const name = fc.constantFrom(
    'topic',
    'Topic',
    'TOPICS',
    'topics',
    't\\u006fpic',
    'topic\\u0000',
    'payload',
    'x',
  );
  const text = topic.map((one) => `"${one}"`);
  const value = fc.oneof(
    { weight: 4, arbitrary: text },
    fc.constantFrom('1', 'null', '["d"]', '{"topic":"d"}', '"a,d"', '"a/x,d"', '"c, c"'),
  );
  const gap = fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom('', ' ', '\n') },
    fc.constantFrom('\0', '\ufeff', ','),
  );
  const member = fc.tuple(gap, name, gap, value, gap).map(([a, n, b, v, c]) => `${a}"${n}"${b}:${v}${c}`);
  const object = fc
    .tuple(gap, fc.array(member, { minLength: 1, maxLength: 4 }), gap)
    .map(([a, members, b]) => `${a}{${members.join(',')}}${b}`);
  const tail = fc.constantFrom('', '', '', '', '', '{"topic":"d"}', ' ', '\0', 'x');
  const isTaken = (one: string) => FILTERS.some((filter) => matches(splitTopic(filter), splitTopic(one)));
  const rules = { parts: [compilePublishFilters(FILTERS)], filters: [FILTERS], isObserved: false };

  /** What NanoMQ would publish of what the guard sends; undefined where nothing is sent. */
  function publish(body: string, isBatch: boolean): string[] | undefined {
    const judged = judge('nanomq', isBatch ? BATCH : SINGLE, body);
    if (typeof judged !== 'object' || !judged.topics.every((one) => mayPublish(rules, one, true)))
      return undefined;
    return readAsNanomq(Buffer.from(judged.text), isBatch);
  }

  it('publishes to a topic outside the rules, as NanoMQ reads what is sent', () => {
    let sent = 0;
    const check = (body: string, isBatch: boolean): void => {
      const published = publish(body, isBatch);
      if (published === undefined) return;
      sent++;
      expect(published.length).toBeGreaterThan(0);
      for (const one of published)
        expect(isTaken(one), `${JSON.stringify(body)} publishes to ${one}`).toBe(true);
    };
    fc.assert(
      fc.property(fc.tuple(object, tail), ([one, rest]) => check(one + rest, false)),
      { numRuns: 3000 },
    );
    const batch = fc.array(object, { maxLength: 3 }).map((items) => `[${items.join(',')}]`);
    fc.assert(
      fc.property(fc.tuple(batch, tail), ([one, rest]) => check(one + rest, true)),
      { numRuns: 1500 },
    );
    // Enough of them have got so far for the property to mean something.
    expect(sent).toBeGreaterThan(50);
  });

  it('means another value than the one that came in', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.string({ unit: 'grapheme' }), (properties, payload) => {
        const body = `{"topic":"a", "payload":${JSON.stringify(payload)}, "properties":${properties}}`;
        const judged = judge('nanomq', SINGLE, body);
        if (typeof judged === 'object') expect(JSON.parse(judged.text)).toEqual(JSON.parse(body));
      }),
    );
  });
});
