import { describe, expect, it } from 'vitest';
import { isMatch } from '../../src/embedded/topic-filter.ts';

describe('matching a topic name against a filter', () => {
  it.each([
    ['a/b', 'a/b'],
    ['a/+', 'a/b'],
    ['a/+', 'a/'],
    ['+', 'a'],
    ['+/+', '/a'],
    ['/+', '/a'],
    ['#', 'a/b'],
    ['a/#', 'a'],
    ['a/#', 'a/b/c'],
    ['$SYS/#', '$SYS/x'],
  ])('%s matches %s', (filter, topic) => {
    expect(isMatch(filter, topic)).toBe(true);
  });

  it.each([
    ['a/b', 'a'],
    ['a', 'a/b'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['+', '/a'],
    ['A', 'a'],
    ['#', '$SYS/x'],
    ['+/x', '$SYS/x'],
  ])('%s does not match %s', (filter, topic) => {
    expect(isMatch(filter, topic)).toBe(false);
  });
});
