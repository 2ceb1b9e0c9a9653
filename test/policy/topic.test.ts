import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  covers,
  isTopicFilter,
  isTopicName,
  matches,
  overlaps,
  readSubscription,
  splitTopic,
} from '../../src/policy/topic.ts';
import { readVectors } from '../support/vector-file.ts';

interface TopicCase {
  readonly kind: string;
  readonly rule: string;
  readonly subject: string;
  readonly expect: boolean | 'invalid';
}
const CASES = readVectors<TopicCase[]>('topic-cases.json');
const of = (kind: string) => CASES.filter((entry) => entry.kind === kind);
const match = (filter: string, name: string) => matches(splitTopic(filter), splitTopic(name));
const cover = (wide: string, narrow: string) => covers(splitTopic(wide), splitTopic(narrow));
const overlap = (one: string, other: string) => overlaps(splitTopic(one), splitTopic(other));

describe('topic names and filters', () => {
  it.each(of('match'))('$rule against $subject: $expect', ({ rule, subject, expect: expected }) => {
    expect(match(rule, subject)).toBe(expected);
  });

  it.each(of('valid'))('$rule is a legal filter: $expect', ({ rule, expect: expected }) => {
    expect(isTopicFilter(rule)).toBe(expected);
  });

  it.each(of('covers'))('$rule covers $subject: $expect', ({ rule, subject, expect: expected }) => {
    expect(cover(rule, subject)).toBe(expected);
  });

  it.each(of('share'))('$rule and $subject: $expect', ({ rule, subject, expect: expected }) => {
    const filter = readSubscription(subject);
    expect(filter === undefined ? 'invalid' : cover(rule, filter)).toBe(expected);
  });

  it.each([
    ['', false],
    ['a/+', false],
    ['#', false],
    ['a\0b', false],
    ['\ud800', false],
    ['ä'.repeat(32_767), true],
    ['ä'.repeat(32_768), false],
    ['/', true],
    ['$SYS/x', true],
  ])('%j as a topic name: %s', (name, expected) => {
    expect(isTopicName(name)).toBe(expected);
  });

  it.each(['$share/g', '$share//a', '$share/g/', '$share/g+/a', '$share/g/a#', 'a#', '#/b', ''])(
    '%j is no subscription',
    (text) => {
      expect(readSubscription(text)).toBeUndefined();
    },
  );

  it.each([
    ['$share/$share/a', 'a'],
    ['$share/g//a', '/a'],
    ['$SHARE/g/a', '$SHARE/g/a'],
    ['$queue/a', '$queue/a'],
  ])('%s asks for %s', (text, filter) => {
    expect(readSubscription(text)).toBe(filter);
  });
});

/**
 * Every name of up to four levels over an alphabet that has a level no filter names. The empty name is among them:
 * it is no topic, and no broker ever asks about it, but the rules of 4.7 say which filters would take it.
 */
const NAMES = [1, 2, 3, 4]
  .flatMap((length) => combine(['a', 'b', '', '$s'], length))
  .map((levels) => levels.join('/'));

function combine(alphabet: readonly string[], length: number): string[][] {
  if (length === 0) return [[]];
  return combine(alphabet, length - 1).flatMap((head) => alphabet.map((level) => [...head, level]));
}

const filters = fc
  .tuple(fc.array(fc.constantFrom('a', '', '+', '$s'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => (isOpen ? [...levels.slice(0, 2), '#'] : levels).join('/'))
  .filter(isTopicFilter);

describe('containment and overlap, against every name there is', () => {
  const RUNS = { numRuns: 3_000 };

  it('a filter covers another exactly where it takes all of its names', () => {
    fc.assert(
      fc.property(filters, filters, (wide, narrow) => {
        const isCovered = NAMES.filter((name) => match(narrow, name)).every((name) => match(wide, name));
        expect(cover(wide, narrow)).toBe(isCovered);
      }),
      RUNS,
    );
  });

  it('two filters overlap exactly where a name is taken by both', () => {
    fc.assert(
      fc.property(filters, filters, (one, other) => {
        expect(overlap(one, other)).toBe(NAMES.some((name) => match(one, name) && match(other, name)));
      }),
      RUNS,
    );
  });
});
