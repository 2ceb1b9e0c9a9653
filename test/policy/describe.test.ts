// The lines about the policy at a start.
import { describe, expect, it } from 'vitest';
import { describePolicy } from '../../src/policy/describe.ts';

const SETTINGS = { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] };
const usable = (names: readonly string[], rules?: { maxLifetimeSeconds: number }) =>
  names.map((name) => [name, { usable: true, ...(rules && { rules }) }] as const);

/** What is said of the life of tokens. */
function lifetimeLine(
  issuers: ReturnType<typeof usable>,
  { settings = SETTINGS, most }: { settings?: object; most?: number } = {},
): string | undefined {
  const lines = describePolicy({ ...SETTINGS, ...settings }, { issuers: new Map(issuers) }, most);
  return lines.find((line) => line.includes('max_lifetime'));
}

describe('the life of tokens', () => {
  const all =
    'policy: tokens of every issuer live for as long as they say (guard.token.max_lifetime is none)';

  it('is told where nothing limits it', () => {
    expect(lifetimeLine(usable(['a.pub', 'b.pub']))).toBe(all);
  });

  it('is not told where the settings limit it, or the rules of each issuer, or nobody is usable', () => {
    expect(lifetimeLine(usable(['a.pub']), { most: 3600 })).toBeUndefined();
    expect(lifetimeLine(usable(['a.pub'], { maxLifetimeSeconds: 60 }))).toBeUndefined();
    const settings = { issuers: { 'a.pub': { maxLifetimeSeconds: 60 } } };
    expect(lifetimeLine(usable(['a.pub']), { settings })).toBeUndefined();
    expect(lifetimeLine([])).toBeUndefined();
  });

  it('is told of the issuers that have no limit, five by name', () => {
    const limited = usable(['z.pub'], { maxLifetimeSeconds: 60 });
    expect(lifetimeLine([...usable(['a.pub', 'b.pub']), ...limited])).toBe(
      all.replace('every issuer', 'a.pub, b.pub'),
    );
    const many = usable(['1', '2', '3', '4', '5', '6', '7']);
    expect(lifetimeLine([...many, ...limited])).toBe(all.replace('every issuer', '1, 2, 3, 4, 5 and 2 more'));
  });
});
