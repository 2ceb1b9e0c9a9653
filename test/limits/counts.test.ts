// How much is remembered of callers, and what a reload leaves of it.
import { describe, expect, it } from 'vitest';
import { openCallerLimits } from '../../src/limits/caller-limits.ts';
import { Counts } from '../../src/limits/counts.ts';

describe('counts', () => {
  it('go up for each key by itself', () => {
    const counts = new Counts();
    expect(['a', 'a', 'b', 'a'].map((key) => counts.add(key, 60))).toEqual([1, 2, 1, 3]);
  });

  it('are forgotten, the oldest first, when callers make up too many keys', () => {
    const counts = new Counts();
    counts.hold('oldest', 60);
    counts.hold('used', 60);
    for (let made = 0; made < 20_000; made++) {
      counts.hold(`made-up-${made}`, 60);
      counts.add('used', 60);
    }
    expect(counts.remaining('oldest')).toBe(0);
    expect(counts.remaining('used')).toBeGreaterThan(0);
    expect(counts.remaining('made-up-19999')).toBeGreaterThan(0);
  });

  it('are forgotten sooner the longer the keys are', () => {
    const counts = new Counts();
    counts.hold('oldest', 60);
    for (let made = 0; made < 600; made++) counts.hold(`${made}${'x'.repeat(8000)}`, 60);
    expect(counts.remaining('oldest')).toBe(0);
  });
});

describe('a reload', () => {
  const before = openCallerLimits({ failures: 3, requests: 5 });

  it('lets nobody off where the limits stay the same', () => {
    const { failures, requests } = openCallerLimits({ failures: 3, requests: 5 }, before);
    expect(failures).toBe(before.failures);
    expect(requests).toBe(before.requests);
  });

  it('counts anew by other limits, and not at all without them', () => {
    const { failures, requests } = openCallerLimits({ failures: 4, requests: 6 }, before);
    expect([failures?.free, requests?.perSecond]).toEqual([4, 6]);
    const none = openCallerLimits({ failures: undefined, requests: undefined }, before);
    expect(none).toEqual({ failures: undefined, requests: undefined });
  });
});
