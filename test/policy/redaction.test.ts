// Answers without their secrets, for every row of every catalogue: what is planted in a secret member is gone, and every other
// byte is as the broker wrote it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadProfile, PROFILE_NAMES } from '../../src/policy/profile.ts';
import { REPLACEMENT, redact } from '../../src/policy/redaction.ts';
import { SecretMembers } from '../../src/policy/secret-members.ts';

const redactText = (text: string, ...names: string[]): string => {
  const redacted = redact(Buffer.from(text), new SecretMembers(names));
  return 'flaw' in redacted ? `flaw: ${redacted.flaw}` : redacted.toString();
};

describe('a secret member', () => {
  it.each([
    [
      'by its name',
      '{"password":"a","passwords":"b"}',
      ['password'],
      '{"password":"******","passwords":"b"}',
    ],
    ['in any case', '{"PassWord":"a"}', ['password'], '{"PassWord":"******"}'],
    ['through an escape', '{"p\\u0061ssword":"a"}', ['password'], '{"p\\u0061ssword":"******"}'],
    ['by a pattern', '{"db_password_2":1,"pass":2}', ['*password*'], '{"db_password_2":"******","pass":2}'],
    ['at any depth', '[[{"a":[{"key":1}]}]]', ['key'], '[[{"a":[{"key":"******"}]}]]'],
    [
      'with all that is in it',
      '{"headers":{"a":[1,{"b":"}"}]},"c":1}',
      ['headers'],
      '{"headers":"******","c":1}',
    ],
    ['that is null', '{"key":null}', ['key'], '{"key":"******"}'],
    ['at the end of a path', '{"ssl":{"key":1},"key":2}', ['ssl.key'], '{"ssl":{"key":"******"},"key":2}'],
    ['at the end of a path in a list', '{"SSL":[{"Key":1}]}', ['ssl.key'], '{"SSL":[{"Key":"******"}]}'],
    ['that spells its path', '{"ssl.key":1,"a.key":2}', ['ssl.key'], '{"ssl.key":"******","a.key":2}'],
    ['that spells the path before it', '{"db.password":1}', ['password'], '{"db.password":"******"}'],
    ['beside blanks', '{ "key" : "a" , "b" : 1 }', ['key'], '{ "key" :"******", "b" : 1 }'],
    ['twice in a list', '[{"key":1},{"key":2}]', ['key'], '[{"key":"******"},{"key":"******"}]'],
  ])('is replaced: %s', (_, text, names, expected) => expect(redactText(text, ...names)).toBe(expected));

  it('with a number of 400 digits beside it leaves that as it is', () => {
    const others = `"a":${'9'.repeat(400)},"b":1e999,"c":-0.0,"d":1.10`;
    expect(redactText(`{${others},"key":1e999}`, 'key')).toBe(`{${others},"key":"******"}`);
  });

  it('with any text beside it leaves that as it is', () => {
    const others = '"a":"\\u00e9\\/é\u2028😀","b":" \\ud800 "';
    expect(redactText(`{${others},"key":1}`, 'key')).toBe(`{${others},"key":"******"}`);
  });
});

describe('an answer that readers could differ in', () => {
  it.each([
    ['a name twice', '{"a":1,"a":2}', 'names a member twice in one object'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}', 'names a member twice in one object'],
    ['a byte order mark', '\ufeff{}', 'begins with a byte order mark'],
    ['NUL', '{"a":"\0"}', 'is no JSON, or more than one JSON text'],
    ['two texts', '{}{}', 'is no JSON, or more than one JSON text'],
    ['half a text', '{"key":"a', 'is no JSON, or more than one JSON text'],
    ['a comma at the end', '{"key":1,}', 'is no JSON, or more than one JSON text'],
    ['257 levels', '['.repeat(257) + ']'.repeat(257), 'is nested too deep'],
    ['a megabyte of brackets', '['.repeat(1_000_000), 'is no JSON, or more than one JSON text'],
  ])('is none: %s', (_, text, flaw) => expect(redactText(text, 'key')).toBe(`flaw: ${flaw}`));

  it('is none: not UTF-8', () => {
    expect(redact(Buffer.from('{"a":"\xff"}', 'latin1'), new SecretMembers(['a']))).toEqual({
      flaw: 'is not UTF-8',
    });
  });
});

const PLANTED = 'planted-secret';

/** An answer, and what has to become of it. */
type Pair = readonly [before: string, after: string];

/** Values of any form; what is planted in them stands at their ends. */
const planted: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(`${text}${PLANTED}`)),
  fc.json({ depthSize: 'small' }).map((text) => `{"a":${text},"${PLANTED}":[{"b":"${PLANTED}"}]}`),
  fc.constant(`["${PLANTED}", {"password":"${PLANTED}"}]`),
);

const blanks = fc.constantFrom('', ' ', '\n\t ');
const plainValue = fc.oneof(
  fc.constantFrom('9'.repeat(400), '1e999', '-0.0', 'true', 'null', '""', '[ ]', '{ }'),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
);

/** A name that the pattern means, in any case. */
const nameFor = (pattern: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.stringMatching(/^[a-z_]{0,4}$/), fc.stringMatching(/^[a-z_]{0,4}$/), fc.boolean())
    .map(([before, after, isUpper]) => {
      const name = pattern.replace(/^\*/, before).replace(/\*$/, after);
      return isUpper ? name.toUpperCase() : name;
    });

const member = (name: string, [before, after]: Pair, blank: string): Pair => [
  `${JSON.stringify(name)}${blank}:${blank}${before}`,
  `${JSON.stringify(name)}${blank}:${blank}${after}`,
];
const object = (members: readonly Pair[], blank: string): Pair => [
  `{${blank}${members.map(([before]) => before).join(`${blank},`)}}`,
  `{${blank}${members.map(([, after]) => after).join(`${blank},`)}}`,
];

/** The secret where a name of the row has it, among other members, somewhere inside. */
const answerWith = (pattern: string): fc.Arbitrary<Pair> =>
  fc
    .tuple(
      fc.tuple(...pattern.split('.').map(nameFor)),
      planted,
      plainValue,
      fc.tuple(blanks, blanks),
      fc.nat(3),
    )
    .map(([path, secret, other, [blank, behind], depth]) => {
      const [last = '', ...before] = path.toReversed();
      const secretMember: Pair = [
        `${JSON.stringify(last)}:${blank}${secret}${behind}`,
        `${JSON.stringify(last)}:${REPLACEMENT}`,
      ];
      let pair = object(
        [member('0-first', [other, other], blank), secretMember, member('0-last', [other, other], '')],
        '',
      );
      for (const name of before) pair = object([member(name, pair, blank)], blank);
      for (let level = 0; level < depth; level++)
        pair =
          level % 2 === 0 ? [`[${pair[0]}]`, `[${pair[1]}]`] : object([member('0-list', pair, '')], blank);
      return pair;
    });

describe.each(PROFILE_NAMES.filter((name) => loadProfile(name).routes.some(({ secrets }) => secrets)))(
  'the answers of %s',
  (name) => {
    const rows = loadProfile(name).routes.filter(({ secrets }) => secrets !== undefined);
    const lists = new Map(rows.map((route) => [route.hides.join(), route]));

    it.each([...lists])('lose what is in %s, and nothing else', (_, { hides, secrets }) => {
      for (const pattern of hides) {
        fc.assert(
          fc.property(answerWith(pattern), ([before, after]) => {
            const redacted = redact(Buffer.from(before), secrets as SecretMembers).toString();
            expect(redacted).toBe(after);
            expect(redacted).not.toContain(PLANTED);
          }),
          { numRuns: 30 },
        );
      }
    });
  },
);
