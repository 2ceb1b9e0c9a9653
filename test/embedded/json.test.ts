import { describe, expect, it } from 'vitest';
import { isObject, type Json, parseJson, readMember, readString } from '../../src/embedded/json.ts';

/** As plain values, for comparing. */
function plain(value: Json | undefined): unknown {
  if (isObject(value)) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe("JSON as NanoMQ's reader takes it", () => {
  it.each([
    '{}',
    '[]',
    'null',
    'true',
    '[false,null,0]',
    '-1.5e3',
    '""',
    ' {"a" : [1, {"b":"c"} , null], "d":"\\"\\\\\\n\\u00e4" }\r\n',
    '{"__proto__":{"a":1},"constructor":2,"":3}',
    `"${'\\\\'.repeat(5)}"`,
  ])('is what JSON.parse makes of %s', (text) => {
    expect(plain(parseJson(text))).toEqual(JSON.parse(text));
  });

  it.each<[string, unknown]>([
    ['{"A":1,"a":2}', { a: 1 }],
    ['{"a":1}}', { a: 1 }],
    ['[1] tail', [1]],
    ['\ufeff{"a":1}', { a: 1 }],
    ['"a\nb\tc"', 'a\nb\tc'],
    ['\u0001\u0002 7', 7],
    ['nullx', null],
    ['1.', 1],
    ['1e', 1],
  ])('is read from %j, which JSON.parse refuses or reads otherwise', (text, value) => {
    expect(plain(parseJson(text))).toEqual(value);
  });

  it.each([
    '',
    ' ',
    '{',
    '[1',
    '[1,]',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '{"a":1,}',
    "{'a':1}",
    '"',
    '"\\"',
    '"\\x"',
    'NaN',
    '+1',
    'topic=a',
    '-',
  ])('is none in %j', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  it('folds the letters A to Z and no other', () => {
    const value = parseJson('{"TOPIC":1,"\u212ab":2,"\u00c4":3}');
    expect(readMember(value, 'topic')).toBe(1);
    expect(readMember(value, 'kb')).toBeUndefined();
    expect(readMember(value, '\u00e4')).toBeUndefined();
  });

  it('has no members that its sender did not name', () => {
    expect(readMember(parseJson('{}'), 'toString')).toBeUndefined();
    expect(readMember(parseJson('[1]'), 'length')).toBeUndefined();
    expect(readString(parseJson('{"a":1}'), 'a')).toBeUndefined();
  });

  it('is none when it is nested deeper than 1,000', () => {
    expect(parseJson(`${'['.repeat(1000)}${']'.repeat(1000)}`)).toBeDefined();
    expect(parseJson(`${'['.repeat(1001)}${']'.repeat(1001)}`)).toBeUndefined();
    expect(parseJson('['.repeat(1_000_000))).toBeUndefined();
  });

  it('takes a string of 1 MiB full of backslashes in no time', () => {
    const value = '\\'.repeat(500_000);
    expect(parseJson(JSON.stringify({ value }))).toEqual(new Map([['value', value]]));
  });
});
