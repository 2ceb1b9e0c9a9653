// A line of the revocations file: what it may say, and the sentence for whatever else stands there.
import { describe, expect, it } from 'vitest';
import { type Revocation, readEntry, writeEntry } from '../../src/revocation/entry.ts';

const DIGEST = 'ZGI8RVKvy6Te8fncx_I39mPef24TaGSHjM0y0EhMkO0';

describe('a line', () => {
  it.each<Revocation>([
    { issuer: 'ops.pub', by: 'jti', value: '7', until: 1_800_000_000, at: 1_790_000_000, reason: 'lost' },
    { issuer: 'ops.pub', by: 'subject', value: 'a "b"\n', until: Infinity, at: 1, reason: undefined },
    { issuer: undefined, by: 'key', value: DIGEST, until: Infinity, at: undefined, reason: undefined },
    { issuer: 'ops.pub', by: 'key', value: DIGEST, until: Infinity, at: undefined, reason: undefined },
    { issuer: undefined, by: 'token_sha256', value: DIGEST, until: 2, at: 1, reason: undefined },
    { issuer: 'ops.pub', by: 'before', value: 1_790_000_000, until: Infinity, at: 1, reason: undefined },
  ])('is read as it was written: by $by', (revocation) => {
    const line = writeEntry(revocation);
    expect(line).not.toContain('\n');
    expect(readEntry(line)).toEqual(revocation);
  });

  it.each([
    ['no JSON', '{"issuer":"ops.pub","jti":"7"', /is no JSON object with unique member names/],
    ['a list', '[1]', /is no JSON object/],
    ['a member twice', '{"issuer":"a.pub","jti":"7","jti":"8"}', /is no JSON object with unique/],
    [
      'an unknown member',
      '{"issuer":"a.pub","jti":"7","scope":"x"}',
      /has a member "scope", which is unknown/,
    ],
    ['no token', '{"issuer":"a.pub"}', /must name tokens by one of jti, subject, key, token_sha256, before/],
    ['tokens in two ways', '{"issuer":"a.pub","jti":"7","subject":"s"}', /must name tokens by one of/],
    ['a jti without its issuer', '{"jti":"7"}', /must name the issuer whose jti it is/],
    ['an issuer that is no text', '{"issuer":7,"jti":"7"}', /has an issuer that is no text/],
    ['a jti that is no text', '{"issuer":"a.pub","jti":7}', /has a jti that is no text/],
    ['an empty subject', '{"issuer":"a.pub","subject":""}', /has a subject that is no text/],
    [
      'a digest that is none',
      '{"token_sha256":"abc"}',
      /has a token_sha256 that is not 32 bytes in base64url/,
    ],
    ['a token in the place of its digest', '{"token_sha256":"eyJh.eyJp.c2ln"}', /not 32 bytes/],
    [
      'an end in milliseconds',
      '{"issuer":"a.pub","jti":"7","until":1800000000000}',
      /until that looks like milli/,
    ],
    [
      'a time in milliseconds',
      '{"issuer":"a.pub","before":1800000000000}',
      /before that looks like milliseconds/,
    ],
    ['a time that is a text', '{"issuer":"a.pub","before":"now"}', /before that is no Unix time in seconds/],
    ['a negative end', '{"issuer":"a.pub","jti":"7","until":-1}', /until that is no Unix time/],
    ['a reason that is no text', '{"issuer":"a.pub","jti":"7","reason":{}}', /has a reason that is no text/],
  ])('with %s is refused with one sentence', (_, line, flaw) => {
    expect(readEntry(line)).toEqual({ flaw: expect.stringMatching(flaw) });
  });
});
