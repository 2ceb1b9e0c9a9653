import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64url } from '../../src/token/base64url.ts';

describe('strict base64url', () => {
  it('decodes what the standard encoder writes, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(decodeBase64url(buffer.toString('base64url'))).toEqual(buffer);
      }),
    );
  });

  it('has one text for one sequence of bytes: no second spelling decodes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_=+/-]{1,8}$/), (text) => {
        const bytes = decodeBase64url(text);
        if (bytes !== undefined) expect(bytes.toString('base64url')).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['', '=', 'QQ==', 'QQ=', 'Q', 'QR', 'QUJ', 'a+b_', 'a/b_', 'QUI\n', ' QUI', 'QÜI', 'QU.I'])(
    'refuses %j',
    (text) => expect(decodeBase64url(text)).toBeUndefined(),
  );
});
