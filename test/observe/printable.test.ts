// What a line of the guard's output may hold.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toPrintable } from '../../src/observe/printable.ts';

it('JSON with its characters escaped is the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const json = JSON.stringify([value, text]);
      expect(JSON.parse(toPrintable(json))).toEqual(JSON.parse(json));
    }),
  );
});

it('what people read stays as it is, line ends too', () => {
  const text = 'usable    ops.pub\n\tRSA 2048, Gäste, 東京, 😀\n';
  expect(toPrintable(text)).toBe(text);
});
