// Regular expressions of tokens and settings: what they match, and what happens to one that would take for ever.
import { Script } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { isPattern, testPatterns } from '../../src/policy/patterns.ts';

describe('patterns', () => {
  it('match anywhere in their text, each in its own', () => {
    expect(
      testPatterns([
        ['b', 'abc'],
        ['^b', 'abc'],
        ['^a.c$', 'abc'],
      ]),
    ).toEqual([true, false, true]);
  });

  it('that are none are told apart from those that match nothing', () => {
    expect(testPatterns([['(', 'abc']])).toEqual({ flaw: 'a pattern is not a regular expression' });
    expect([isPattern('a+'), isPattern('(')]).toEqual([true, false]);
  });

  it('that would take for ever are given up', () => {
    expect(testPatterns([['^(a+)+$', `${'a'.repeat(60)}b`]])).toEqual({ flaw: 'a pattern takes too long' });
  });

  it('whose time was over before the processor was theirs are tried again, and not for ever', () => {
    const run = vi.spyOn(Script.prototype, 'runInContext');
    const late = () => {
      throw Object.assign(new Error('late'), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
    };
    run.mockImplementationOnce(late);
    expect(testPatterns([['b', 'abc']])).toEqual([true]);
    run.mockImplementation(late);
    expect(testPatterns([['b', 'abc']])).toEqual({ flaw: 'a pattern takes too long' });
    expect(run).toHaveBeenCalledTimes(7);
    run.mockRestore();
  });
});
