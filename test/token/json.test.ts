import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../src/token/json.ts';

const parse = (text: string) => parseJsonObject(Buffer.from(text));

describe('strict JSON objects', () => {
  it('reads every object that JSON.stringify writes, up to the depth limit', () => {
    const shallow = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(shallow, (value) => {
        expect(parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('takes a brace or a quote inside a string for what it is', () => {
    expect(parse('{"a":"{\\"a\\":1}\\\\","b":"]"}')).toEqual({ a: '{"a":1}\\', b: ']' });
  });

  it('lets one name stand in two objects', () => {
    expect(parse('{"a":{"x":1},"b":{"x":2},"c":[{"x":1},{"x":2}]}')).toBeDefined();
  });

  it.each([
    ['a repeated name', '{"iss":"a","iss":"b"}'],
    ['a name repeated through an escape', '{"iss":"a","\\u0069ss":"b"}'],
    ['a name repeated deep inside', '{"a":[{"x":1,"x":1}]}'],
    ['a name repeated with blanks before the colon', '{"x" : 1, "x"\n\t: 2}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"{}"'],
    ['nothing', ''],
    ['257 levels', `${'{"a":'.repeat(257)}1${'}'.repeat(257)}`],
    ['a byte order mark', '\ufeff{}'],
    ['trailing text', '{}x'],
  ])('refuses %s', (_, text) => expect(parse(text)).toBeUndefined());

  it('refuses bytes that are not UTF-8', () => {
    expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
  });

  it('keeps __proto__ as plain data', () => {
    const value = parse('{"__proto__":{"iss":"ops.pub"}}');
    expect(value?.iss).toBeUndefined();
  });
});
