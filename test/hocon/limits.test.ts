// What a settings file may cost: every bound answers with an error, and soon.

import { describe, expect, it } from 'vitest';
import { readHocon } from '../../src/hocon/read.ts';
import { type HoconDocument, HoconError } from '../../src/hocon/value.ts';
import { processorMs } from '../support/processor-time.ts';

const read = (text: string): HoconDocument =>
  readHocon(text, { file: 'nanomq.conf', environment: {}, readInclude: () => undefined });
const ref = (name: string): string => `$\{${name}}`;
const chain = (first: string, link: (before: string) => string, length: number): string =>
  [`a0 = ${first}`, ...Array.from({ length }, (_, n) => `a${n + 1} = ${link(ref(`a${n}`))}`)].join('\n');

/** Of the processor, generous for a slow one; what is refused here would run for minutes if the bound were not there. */
const SOON_MS = 10_000;

describe('limits', () => {
  it.each([
    ['5,000 nested blocks', 'a { '.repeat(5000), /more than 64 deep/],
    ['5,000 nested lists', `a = ${'['.repeat(5000)}`, /more than 64 deep/],
    ['a key of 5,000 names', `${'a.'.repeat(5000)}a = 1`, /more than 64 deep/],
    [
      'blocks under dotted keys, 66 deep',
      `${'a.b.c { '.repeat(22)} x = 1 ${'}'.repeat(22)}`,
      /more than 64 deep/,
    ],
    ['a file over 1 MiB', `a = "${'x'.repeat(1024 * 1024)}"`, /larger than 1 MiB/],
    ['a file over 1 MiB in bytes only', `a = "${'€'.repeat(400_000)}"`, /larger than 1 MiB/],
    ['more than 200,000 values', `a = [${'1,'.repeat(200_001)}]`, /more than 200000 values/],
    [
      'text that doubles 60 times',
      chain('xxxxxxxx', (before) => before + before, 60),
      /more than 4 MiB of text/,
    ],
    ['lists that double 60 times', chain('[1]', (before) => `${before} ${before}`, 60), /unfold into/],
    [
      'blocks that hold the block before twice',
      chain('{ x = 1 }', (before) => `{ p = ${before}, q = ${before} }`, 60),
      /unfold into|contain itself/,
    ],
    [
      'substitutions that lead on 10,000 times',
      `${Array.from({ length: 10_000 }, (_, n) => `a${n} = ${ref(`a${n + 1}`)}`).join('\n')}\na10000 = 1`,
      /refer to each other more than 64 deep/,
    ],
    [
      'blocks that nest by substitution',
      chain('{ x = 1 }', (before) => `{ p = ${before} }`, 70),
      /more than 64 deep/,
    ],
    [
      'thousands of copies of a large list',
      `l = [${'1,'.repeat(5000)}]\n${Array.from({ length: 5000 }, (_, n) => `c${n} = ${ref('l')}`).join('\n')}`,
      /unfold into/,
    ],
    [
      'thousands of looks at a much repeated key',
      `${`a = ${ref('?u')}\n`.repeat(20_000)}${Array.from({ length: 20_000 }, (_, n) => `c${n} = ${ref('?a')}`).join('\n')}`,
      /unfold into/,
    ],
  ])('refuses %s', (_what, text, message) => {
    const startedMs = processorMs();
    expect(() => read(text)).toThrow(HoconError);
    expect(() => read(text)).toThrow(message);
    expect(processorMs() - startedMs).toBeLessThan(SOON_MS);
  });

  it.each([
    ['a line of 1 MiB', `a = ${'x'.repeat(1024 * 1023)}`],
    ['a quoted string of 1 MiB', `a = "${'x'.repeat(1024 * 1023)}"`],
    ['a string of nothing but escapes', `a = "${'\\n'.repeat(500_000)}"`],
    ['a comment of 1 MiB', `a = 1 #${'x'.repeat(1024 * 1023)}`],
    ['a line of 1 MiB of blanks', `a = 1${' '.repeat(1024 * 1023)}`],
    ['1 MiB of empty lines', `a = 1${'\n'.repeat(1024 * 1023)}`],
    ['a triple-quoted string of 1 MiB of lines', `a = """${'\n'.repeat(1024 * 1023)}"""`],
    ['100,000 appended items', 'a += 1\n'.repeat(100_000)],
    ['100,000 settings of one key', 'a = 1\n'.repeat(100_000)],
    ['20,000 dotted keys', Array.from({ length: 20_000 }, (_, n) => `k${n}.x = ${n}`).join('\n')],
    ['a block doubled 60 times over itself', chain('{ x = 1 }', (before) => `${before} ${before}`, 60)],
    ['blocks 64 deep', `${'a { '.repeat(63)}a = 1${' }'.repeat(63)}`],
  ])('reads %s', (_what, text) => {
    const startedMs = processorMs();
    expect(read(text).root).toBeTypeOf('object');
    expect(processorMs() - startedMs).toBeLessThan(SOON_MS);
  });
});
