// How several processes share out the limits of one guard.
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../src/config/load.ts';
import { shareOut } from '../../src/process/share.ts';

const MIB = 1024 * 1024;
const SETTINGS = defaultSettings();

const partsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => shareOut(SETTINGS, { index, of: count }));

const sum = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((a, b) => a + (b ?? 0), 0);

describe('the parts of several processes', () => {
  it.each([1, 2, 3, 5, 7, 32])('are together the connections of one, of %i', (count) => {
    expect(sum(partsOf(count).map(({ upstream }) => upstream.maxConnections))).toBe(32);
  });

  it('are together two publishes, and never less than one each', () => {
    expect(partsOf(1).map(({ upstream }) => upstream.maxPublishes)).toEqual([2]);
    expect(partsOf(2).map(({ upstream }) => upstream.maxPublishes)).toEqual([1, 1]);
    expect(partsOf(4).map(({ upstream }) => upstream.maxPublishes)).toEqual([1, 1, 1, 1]);
  });

  it('have memory for one body at least', () => {
    expect(partsOf(2)[0]?.limits.collected).toEqual({ total: 16 * MIB, perCaller: 4 * MIB });
    expect(partsOf(64)[0]?.limits.collected).toEqual({ total: MIB, perCaller: MIB });
  });

  it('are together the calls of one issuer, and never less than one each', () => {
    const settings = { ...SETTINGS, limits: { ...SETTINGS.limits, concurrency: 3 } };
    const callsOf = (count: number) =>
      Array.from(
        { length: count },
        (_, index) => shareOut(settings, { index, of: count }).upstream.maxPerCaller,
      );
    expect(callsOf(2)).toEqual([2, 1]);
    expect(callsOf(4)).toEqual([1, 1, 1, 1]);
    expect(partsOf(2).map(({ upstream }) => upstream.maxPerCaller)).toEqual([undefined, undefined]);
  });

  it('bound nothing where the broker publishes as it is asked to', () => {
    const generic = { ...SETTINGS, upstream: { ...SETTINGS.upstream, profile: 'generic' as const } };
    expect(shareOut(generic, { index: 0, of: 1 }).upstream.maxPublishes).toBeUndefined();
  });
});
