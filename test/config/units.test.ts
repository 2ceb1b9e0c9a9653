// Durations and sizes as people write them.

import { describe, expect, it } from 'vitest';
import { parseDurationMs, parseSizeBytes } from '../../src/config/units.ts';

describe('parseDurationMs', () => {
  it.each([
    ['100ms', 100],
    ['100 ms', 100],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['0', 0],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['0.5 h', 1_800_000],
    [' 10s ', 10_000],
  ])('reads %j as %d', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    ['', 'nothing'],
    ['10', 'a number without a unit'],
    ['s', 'a unit without a number'],
    ['-1s', 'a negative duration'],
    ['+1s', 'a sign'],
    ['NaN', 'NaN'],
    ['NaNs', 'NaN with a unit'],
    ['Infinitys', 'infinity'],
    ['1e3s', 'an exponent'],
    ['0.5ms', 'a part of a millisecond'],
    ['10S', 'an upper-case unit'],
    ['10sec', 'another unit'],
    ['10us', 'microseconds'],
    ['1s 2ms', 'two durations'],
    ['1.s', 'a dot without digits'],
    ['99999999999999999999s', 'a number with too many digits'],
    ['9007199254740991d', 'what no number holds exactly'],
    ['１s', 'digits of another alphabet'],
    ['none', 'a word'],
    [`1${' '.repeat(100_000)}s`, 'a field of blanks'],
  ])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('parseSizeBytes', () => {
  it.each([
    ['512', 512],
    ['0', 0],
    ['512B', 512],
    ['8KB', 8192],
    ['8 KB', 8192],
    ['8kb', 8192],
    ['8Kb', 8192],
    ['10MB', 10_485_760],
    ['1GB', 1_073_741_824],
    ['1.5KB', 1536],
    ['0.5mb', 524_288],
  ])('reads %j as %d', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
  });

  it.each([
    '',
    'KB',
    '-1KB',
    '-1',
    'NaN',
    'Infinity',
    '1e3',
    '1.5',
    '0.3KB',
    '8K',
    '8KiB',
    '8TB',
    '1KB 2',
    '9999999999GB',
    '99999999999999999',
  ])('refuses %j', (text) => {
    expect(parseSizeBytes(text)).toBeUndefined();
  });
});
