// What holds for any text: JSON reads as itself, nothing but HoconError comes out, no prototype is touched.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKeyValue } from '../../src/hocon/keyvalue.ts';
import { readHocon } from '../../src/hocon/read.ts';
import { readSettingsText } from '../../src/hocon/settings-text.ts';
import { type HoconDocument, HoconError, type HoconOptions } from '../../src/hocon/value.ts';

const options: HoconOptions = { file: 'nanomq.conf', environment: { E: 'env' }, readInclude: () => 'x = 1' };

/** JSON's own reading, but for whole numbers beyond 2^53, which HOCON here keeps as their digits. */
function parseJson(text: string): unknown {
  const exact = text.replace(
    /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g,
    (all, string, number) =>
      string === undefined && /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number))
        ? `"${number}"`
        : all,
  );
  return JSON.parse(exact);
}

/** Any text but U+FFFD, which stands for bytes that were no UTF-8 and is refused. */
const anyText = (maxLength?: number) =>
  fc
    .string({ unit: 'binary', ...(maxLength !== undefined && { maxLength }) })
    .map((text) => text.replaceAll('\ufffd', '?'));

const key = fc.oneof(
  anyText(6),
  fc.constantFrom('__proto__', 'constructor', 'a.b', '', 'include', 'toString'),
);
const json = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    anyText(),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
}));

/** Texts made of HOCON's own pieces reach further into the reader than random characters do. */
const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'a.b',
    '=',
    ':',
    '+=',
    '{',
    '}',
    '[',
    ']',
    ',',
    '\n',
    ' ',
    '"x"',
    '"""y"""',
    '"',
    '"""',
    '1',
    '-2.5e3',
  ],
  ...[
    'true',
    'null',
    `\${a}`,
    `\${?b}`,
    `\${a.b}`,
    `\${?E}`,
    `\${`,
    '$',
    '#c',
    '//c',
    '\\',
    '@',
    'include "f.conf"',
  ],
  ...['include', 'required(', ')', '__proto__', 'constructor.prototype', '\u00a0', '\r\n', '.', '\u0000'],
);
const hoconish = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

function tryRead(read: () => HoconDocument | undefined): HoconDocument | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(HoconError);
    return undefined;
  }
}

function expectNoPrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) expect(Object.getPrototypeOf(value)).toBeNull();
  Object.values(value).forEach(expectNoPrototypes);
}

describe('for any input', () => {
  it('every JSON object reads as the same value', () => {
    fc.assert(
      fc.property(json.object, fc.constantFrom(undefined, 2, '\t'), (object, space) => {
        const text = JSON.stringify(object, undefined, space);
        expect(readHocon(text, options).root).toEqual(parseJson(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('every JSON object reads the same without its root braces', () => {
    fc.assert(
      fc.property(json.object, (object) => {
        const text = JSON.stringify(object);
        expect(readHocon(text.slice(1, -1), options).root).toEqual(parseJson(text));
      }),
    );
  });

  it('every value has a place and every scalar a text', () => {
    fc.assert(
      fc.property(json.object, (object) => {
        const document = readHocon(JSON.stringify(object, undefined, 1), options);
        for (const [name, value] of Object.entries(document.root)) {
          expect(document.positionOf([name])?.line).toBeGreaterThan(1);
          expect(document.textOf([name]) === undefined).toBe(typeof value === 'object' && value !== null);
        }
      }),
    );
  });

  it.each([
    ['random text', fc.string({ unit: 'binary', maxLength: 200 })],
    ['random ASCII', fc.string({ maxLength: 200 })],
    ["HOCON's own pieces in any order", hoconish],
  ])('%s gives a document or a HoconError, and objects without prototype', (_what, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const wantedBlocks = ['guard', 'http_server'];
        for (const read of [readHocon, readSettingsText])
          expectNoPrototypes(tryRead(() => read(text, { ...options, wantedBlocks }))?.root);
        expectNoPrototypes(tryRead(() => readKeyValue(text, 'f', wantedBlocks))?.root);
      }),
      { numRuns: 2000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('a text reads the same each time', () => {
    fc.assert(
      fc.property(hoconish, (text) => {
        const read = (): string => JSON.stringify(tryRead(() => readHocon(text, options))?.root ?? 'refused');
        expect(read()).toBe(read());
      }),
      { numRuns: 500 },
    );
  });
});
