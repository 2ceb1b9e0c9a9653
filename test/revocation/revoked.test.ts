// What is revoked, asked as each request asks it: every way to name tokens, their ends, and what is forgotten.
import { describe, expect, it } from 'vitest';
import type { Revocation } from '../../src/revocation/entry.ts';
import { type RevocableToken, RevokedTokens } from '../../src/revocation/revoked.ts';

const NOW = 1_790_000_000;
const TOKEN: RevocableToken = {
  issuer: 'ops.pub',
  subject: 'grafana',
  tokenId: '7',
  thumbprint: 'key-of-ops',
  issuedAt: NOW - 100,
  tokenDigest: 'digest-of-it',
};
const OPS = { issuer: 'ops.pub', until: Infinity };

function revoke(...revocations: Partial<Revocation>[]) {
  const revoked = new RevokedTokens();
  const isNew = revocations.map((one) => revoked.add({ ...OPS, ...one } as Revocation, NOW));
  return {
    revoked,
    isNew,
    find: (token: Partial<RevocableToken> = {}, now = NOW) => revoked.find({ ...TOKEN, ...token }, now),
  };
}

describe('a token is revoked', () => {
  it.each<[Partial<Revocation>, Partial<RevocableToken>]>([
    [{ by: 'jti', value: '7' }, { tokenId: '8' }],
    [{ by: 'jti', value: '7' }, { tokenId: undefined }],
    [{ by: 'jti', value: '7' }, { issuer: 'dev.pub' }],
    [{ by: 'subject', value: 'grafana' }, { subject: 'grafana2' }],
    [{ by: 'subject', value: 'grafana' }, { subject: undefined }],
    [{ by: 'subject', value: 'grafana' }, { issuer: 'dev.pub' }],
    [{ by: 'key', value: 'key-of-ops' }, { thumbprint: 'another' }],
    [{ by: 'key', value: 'key-of-ops' }, { issuer: 'dev.pub' }],
    [{ by: 'token_sha256', value: 'digest-of-it', issuer: undefined }, { tokenDigest: 'another' }],
    [{ by: 'before', value: NOW - 99 }, { issuedAt: NOW - 99 }],
    [{ by: 'before', value: NOW - 99 }, { issuer: 'dev.pub' }],
  ])('by %j, and not one with %j', (revocation, other) => {
    const { find } = revoke(revocation);
    expect(find()).toBe(revocation.by);
    expect(find(other)).toBeUndefined();
  });

  it('by its key, whoever has it, where no issuer is named', () => {
    const { find } = revoke({ by: 'key', value: 'key-of-ops', issuer: undefined });
    expect(find({ issuer: 'dev.pub' })).toBe('key');
  });

  it('as one from before, where it does not say when it was issued', () => {
    expect(revoke({ by: 'before', value: 1 }).find({ issuedAt: -Infinity })).toBe('before');
  });

  it('and no name of an object’s own is taken for one', () => {
    const { find } = revoke({ by: 'jti', value: '7' });
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(find({ issuer: name })).toBeUndefined();
      expect(find({ tokenId: name })).toBeUndefined();
    }
  });

  it('and says so with the principal', () => {
    const { revoked } = revoke({ by: 'jti', value: '7' });
    const principal = { ...TOKEN, bodyEncode: 0 } as const;
    expect(revoked.judge(principal, NOW)).toMatchObject({
      allowed: false,
      reason: 'token_revoked',
      principal,
    });
    expect(revoked.judge({ ...principal, tokenId: '8' }, NOW)).toBeUndefined();
  });
});

describe('a revocation', () => {
  it('counts until its end, and not from then on', () => {
    const { find } = revoke({ by: 'jti', value: '7', until: NOW + 10 });
    expect(find({}, NOW + 9.9)).toBe('jti');
    expect(find({}, NOW + 10)).toBeUndefined();
  });

  it('of the same tokens counts until the later end, in whatever order both come', () => {
    for (const ends of [
      [10, 20],
      [20, 10],
    ]) {
      const { find } = revoke(...ends.map((end) => ({ by: 'jti', value: '7', until: NOW + end }) as const));
      expect(find({}, NOW + 15)).toBe('jti');
      expect(find({}, NOW + 20)).toBeUndefined();
    }
  });

  it('is new where it was not known or ends later, and not where it has ended already', () => {
    const jti = { by: 'jti', value: '7' } as const;
    expect(revoke(jti, jti).isNew).toEqual([true, false]);
    expect(
      revoke({ ...jti, until: NOW + 1 }, { ...jti, until: NOW + 2 }, { ...jti, until: NOW + 1 }).isNew,
    ).toEqual([true, true, false]);
    expect(revoke({ ...jti, until: NOW }).isNew).toEqual([false]);
  });

  it('by time that another one covers is not kept; one that lasts longer is', () => {
    const earlier = (value: number, until: number) => ({ by: 'before', value, until }) as const;
    const { revoked, find } = revoke(
      earlier(100, NOW + 10),
      earlier(200, NOW + 5),
      earlier(50, NOW + 5),
      earlier(300, NOW + 20),
    );
    expect([...revoked.list()]).toHaveLength(1);
    expect(find({ issuedAt: 250 }, NOW + 19)).toBe('before');
    const two = revoke(earlier(300, NOW + 10), earlier(200, NOW + 20));
    expect(two.find({ issuedAt: 250 }, NOW + 9)).toBe('before');
    expect(two.find({ issuedAt: 250 }, NOW + 11)).toBeUndefined();
    expect(two.find({ issuedAt: 150 }, NOW + 11)).toBe('before');
  });

  it('that has ended is forgotten once there are many, and counted no more before that', () => {
    const { revoked, find } = revoke({ by: 'subject', value: 'grafana' });
    for (let at = 0; at < 1000; at++)
      revoked.add({ ...OPS, by: 'jti', value: `old-${at}`, until: NOW + 1 }, NOW);
    expect(revoked.count(NOW)).toBe(1001);
    expect(revoked.count(NOW + 2)).toBe(1);
    for (let at = 0; at < 100; at++) revoked.add({ ...OPS, by: 'jti', value: `new-${at}` }, NOW + 2);
    expect([...revoked.list()].length).toBeLessThan(200);
    expect(find({}, NOW + 2)).toBe('subject');
    expect(find({ subject: undefined, tokenId: 'new-99' }, NOW + 2)).toBe('jti');
  });

  it('is told to another process by what the list has of it', () => {
    const all = [
      { by: 'jti', value: '7', until: NOW + 5 },
      { by: 'before', value: 5 },
      { by: 'key', value: 'k', issuer: undefined },
    ] as const;
    const { revoked } = revoke(...all);
    expect([...revoked.list()]).toHaveLength(3);
    for (const one of all) expect([...revoked.list()]).toContainEqual({ ...OPS, ...one });
  });
});
