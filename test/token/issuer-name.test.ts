// What can stand in `iss`: a file name and nothing else.
import { describe, expect, it } from 'vitest';
import { isIssuerName } from '../../src/token/issuer-name.ts';

describe('an issuer name', () => {
  it.each(['a', 'ops.pub', '-_.x', 'O'.repeat(128), '__proto__', 'a..b'])('may be %j', (name) => {
    expect(isIssuerName(name)).toBe(true);
  });

  it.each(['', '.', '..', '.ops', 'O'.repeat(129), '../ops', 'a/b', 'a\\b', 'a b', 'a\n', 'a\0', 'ä'])(
    'is never %j',
    (name) => {
      expect(isIssuerName(name)).toBe(false);
    },
  );
});
