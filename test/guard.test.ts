// What the guard remembers: a verified signature, as long as its key stays, and nothing about time.

import { describe, expect, it } from 'vitest';
import { createGuard } from '../src/guard.ts';
import type { IssuerKey, KeyLookup } from '../src/token/verify.ts';
import { makeIssuer, mintToken, nowSeconds } from './support/issuers.ts';
import { makePolicy } from './support/policy.ts';
import { NOTHING_REVOKED } from './support/revocations.ts';
import { TOKEN_RULES } from './support/token-rules.ts';

const ops = makeIssuer();

/** A key whose use is counted: the signature check reads it, a remembered verdict does not. */
function countedKey(): { readonly key: IssuerKey; uses(): number } {
  let uses = 0;
  const key = {
    get key() {
      uses++;
      return ops.publicKey;
    },
    thumbprint: 'counted',
  };
  return { key, uses: () => uses };
}

function setUp() {
  const counted = countedKey();
  let keys: IssuerKey[] | undefined = [counted.key];
  let now = nowSeconds() * 1000;
  const lookup: KeyLookup = () => keys && { name: 'ops.pub', usable: true, keys };
  return {
    guard: createGuard({
      rules: TOKEN_RULES,
      policy: makePolicy(),
      revocations: NOTHING_REVOKED,
      lookup,
      now: () => now,
    }),
    uses: counted.uses,
    setKeys: (replaced: IssuerKey[] | undefined) => {
      keys = replaced;
    },
    setNow: (seconds: number) => {
      now = seconds * 1000;
    },
  };
}

describe('a verified token', () => {
  it('has its signature checked once', () => {
    const { guard, uses } = setUp();
    const token = mintToken(ops);
    for (let call = 0; call < 5; call++) expect(guard.authenticate(token).allowed).toBe(true);
    expect(uses()).toBe(1);
  });

  it('expires though it is remembered, and says who it was', () => {
    const { guard, setNow } = setUp();
    const exp = nowSeconds() + 60;
    const token = mintToken(ops, { exp });
    expect(guard.authenticate(token).allowed).toBe(true);
    setNow(exp);
    expect(guard.authenticate(token)).toMatchObject({
      reason: 'token_expired',
      principal: { issuer: 'ops.pub', thumbprint: 'counted' },
    });
  });

  it('is refused once its key is gone', () => {
    const { guard, setKeys } = setUp();
    const token = mintToken(ops);
    expect(guard.authenticate(token).allowed).toBe(true);
    setKeys(undefined);
    expect(guard.authenticate(token)).toMatchObject({ reason: 'issuer_unknown' });
  });

  it('is verified again when its key was replaced, and refused by another key', () => {
    const { guard, setKeys } = setUp();
    const token = mintToken(ops);
    expect(guard.authenticate(token).allowed).toBe(true);
    setKeys([{ key: makeIssuer().publicKey, thumbprint: 'new' }]);
    expect(guard.authenticate(token)).toMatchObject({ reason: 'signature_invalid' });
  });
});

describe('a token whose iss is a short name', () => {
  const filed = (name: string) =>
    ({ name, usable: true, keys: [{ key: ops.publicKey, thumbprint: 't' }] }) as const;

  it('has its issuer under the full name, when it is verified and when it is remembered', () => {
    const lookup: KeyLookup = () => filed('ops.pub');
    const guard = createGuard({
      rules: TOKEN_RULES,
      policy: makePolicy(),
      revocations: NOTHING_REVOKED,
      lookup,
      now: Date.now,
    });
    const token = mintToken(ops, { iss: 'ops' });
    for (let call = 0; call < 2; call++)
      expect(guard.authenticate(token)).toMatchObject({ allowed: true, value: { issuer: 'ops.pub' } });
  });

  it('is remembered: its signature is checked once', () => {
    const { guard, uses } = setUp();
    const token = mintToken(ops, { iss: 'ops' });
    for (let call = 0; call < 3; call++) expect(guard.authenticate(token).allowed).toBe(true);
    expect(uses()).toBe(1);
  });

  it('is refused once the short name fits two files, though the full one still has the key', () => {
    const one = filed('ops.pub');
    const files = new Map<string, ReturnType<KeyLookup>>([
      ['ops.pub', one],
      ['ops', one],
    ]);
    const guard = createGuard({
      rules: TOKEN_RULES,
      policy: makePolicy(),
      revocations: NOTHING_REVOKED,
      lookup: (issuer) => files.get(issuer),
      now: Date.now,
    });
    const token = mintToken(ops, { iss: 'ops' });
    expect(guard.authenticate(token).allowed).toBe(true);
    files.delete('ops');
    expect(guard.authenticate(token)).toMatchObject({ reason: 'issuer_unknown' });
  });
});

describe('a refused token', () => {
  it('is not remembered: its signature is checked each time', () => {
    const { guard, uses } = setUp();
    const token = mintToken(makeIssuer());
    for (let call = 0; call < 3; call++)
      expect(guard.authenticate(token)).toMatchObject({ reason: 'signature_invalid' });
    expect(uses()).toBe(3);
  });
});
