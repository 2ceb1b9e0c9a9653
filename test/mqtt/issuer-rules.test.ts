// Issuers of the keys directory as MQTT clients: what their rules say holds at this door too.

import { describe, expect, it } from 'vitest';
import type { IssuerRules } from '../../src/keystore/issuer-rules.ts';
import { openKeysDir } from '../../src/mqtt/keys-dir.ts';
import type { TokenRules } from '../../src/token/verify.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { makePolicy } from '../support/policy.ts';
import { NOTHING_REVOKED } from '../support/revocations.ts';
import { TOKEN_RULES } from '../support/token-rules.ts';

const OPS = makeIssuer();
const TOKEN: TokenRules = { ...TOKEN_RULES, types: ['jwt'] };

async function login(
  rules: IssuerRules | undefined,
  claims: Record<string, unknown> = {},
  peerHost = '127.0.0.1',
) {
  const keys = [{ key: OPS.publicKey, thumbprint: 't' }];
  const filed = { name: 'ops.pub', usable: true, keys, ...(rules && { rules }) } as const;
  const settings = { mechanism: 'keys-dir', enable: true, from: 'password', onMissingJwt: 'deny' } as const;
  const authenticator = openKeysDir(settings as never, {
    name: 'keys-dir',
    now: Date.now,
    report: () => undefined,
    noMatch: 'deny',
    token: TOKEN,
    lookup: () => filed,
    policy: makePolicy(),
    revocations: NOTHING_REVOKED,
  });
  return authenticator.login({
    clientId: 'c',
    username: undefined,
    password: mintToken(OPS, claims),
    peerHost,
  });
}

const topicsOf = async (...asked: Parameters<typeof login>): Promise<number> => {
  const outcome = await login(...asked);
  return outcome.kind === 'allowed' ? (outcome.login.rules?.rules.length ?? -1) : -1;
};

describe('an issuer without rules for topics', () => {
  it('has every plain topic where it has everything over HTTP', async () => {
    expect(await topicsOf(undefined)).toBe(1);
    expect(await topicsOf({ roles: ['admin'] })).toBe(1);
  });

  it('has none where its rights were narrowed, by rules or by the token', async () => {
    expect(await topicsOf({ roles: ['viewer'] })).toBe(0);
    expect(await topicsOf({ deny: ['publish'] })).toBe(0);
    expect(await topicsOf(undefined, { scope: 'read' })).toBe(0);
  });

  it('has those of the acl of its token', async () => {
    const acl = [{ permission: 'allow', action: 'publish', topic: 'a' }];
    expect(await topicsOf({ roles: ['viewer'] }, { acl })).toBe(1);
  });
});

describe('a condition of an issuer', () => {
  it.each([
    ['sources', { sources: ['10.0.0.0/8'] }, 'not_permitted'],
    ['subjects', { subjects: ['device-*'] }, 'not_permitted'],
    ['not_after', { notAfter: 1 }, 'not_permitted'],
    ['audience', { audience: ['mqtt'] }, 'audience_mismatch'],
    ['max_lifetime', { maxLifetimeSeconds: 60 }, 'lifetime_too_long'],
  ])('%s keeps its clients out', async (_, rules, reason) => {
    expect(await login(rules)).toMatchObject({ kind: 'denied', denial: { reason } });
  });

  it('that holds lets them in', async () => {
    const rules = { sources: ['10.0.0.0/8'], subjects: ['device-*'] };
    expect((await login(rules, { sub: 'device-1' }, '10.1.1.1')).kind).toBe('allowed');
  });
});
