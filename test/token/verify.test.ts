// The verification core, without a server: every deny reason a token can have, and the order of judgement.

import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DenyReason } from '../../src/decision.ts';
import { createGuard } from '../../src/guard.ts';
import type { KeyLookup, TokenRules } from '../../src/token/verify.ts';
import { type Issuer, makeIssuer, mintToken, signParts } from '../support/issuers.ts';
import { makePolicy } from '../support/policy.ts';
import { NOTHING_REVOKED } from '../support/revocations.ts';
import { TOKEN_RULES } from '../support/token-rules.ts';

const NOW = 1_800_000_000;
const ops = makeIssuer();
const other = makeIssuer();

const file = (name: string, ...issuers: Issuer[]) => ({
  name,
  usable: true as const,
  keys: issuers.map(({ publicKey }, index) => ({ key: publicKey, thumbprint: `key-${index}` })),
});
const FILES = new Map<string, ReturnType<KeyLookup>>([
  ['ops.pub', file('ops.pub', ops)],
  ['other.pub', file('other.pub', other)],
  ['rotating.pub', file('rotating.pub', other, ops)],
  ['broken.pub', { name: 'broken.pub', usable: false }],
]);

function judge(token: string, rules: Partial<TokenRules> = {}, now = NOW) {
  const guard = createGuard({
    rules: { ...TOKEN_RULES, ...rules },
    lookup: (issuer) => FILES.get(issuer),
    policy: makePolicy(),
    revocations: NOTHING_REVOKED,
    now: () => now * 1000,
  });
  return guard.authenticate(token);
}
const good = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  mintToken(ops, { iat: NOW, exp: NOW + 3600, ...claims }, header);
const refused = (reason: DenyReason, detail?: RegExp) => ({
  allowed: false,
  reason,
  ...(detail && { detail: expect.stringMatching(detail) }),
});

describe('a good token', () => {
  it('names the principal: issuer, subject, token id and key', () => {
    expect(judge(good({ sub: 'grafana', jti: '7' }))).toEqual({
      allowed: true,
      value: {
        issuer: 'ops.pub',
        subject: 'grafana',
        tokenId: '7',
        thumbprint: 'key-0',
        bodyEncode: 0,
        issuedAt: expect.any(Number),
        tokenDigest: expect.any(String),
      },
    });
  });

  it('may write its times and bodyEncode as strings of digits, as the manual of NanoMQ does', () => {
    const claims = { iat: String(NOW), exp: String(NOW + 60), bodyEncode: '0' };
    expect(judge(good(claims)).allowed).toBe(true);
  });

  it('may carry fractions of a second in numbers', () => {
    expect(judge(good({ iat: NOW - 0.5, exp: NOW + 0.5 })).allowed).toBe(true);
    expect(judge(good({ iat: NOW - 0.5, exp: NOW + 0.5 }), {}, NOW + 0.5)).toMatchObject(
      refused('token_expired'),
    );
  });

  it('verifies with any key of its issuer, as rotation needs', () => {
    expect(judge(good({ iss: 'rotating.pub' }))).toMatchObject({ value: { thumbprint: 'key-1' } });
  });
});

describe('times', () => {
  it.each([
    ['one second before exp', NOW + 3599, true],
    ['at exp', NOW + 3600, false],
  ])('%s the token is good: %s', (_, now, allowed) => expect(judge(good(), {}, now).allowed).toBe(allowed));

  it('exp_tolerance is a grace after exp, exclusive', () => {
    const rules = { expToleranceSeconds: 10 };
    expect(judge(good(), rules, NOW + 3609).allowed).toBe(true);
    expect(judge(good(), rules, NOW + 3610)).toMatchObject(refused('token_expired', /10 s ago/));
  });

  it('iat may be ahead by iat_tolerance and no more; the skew is told', () => {
    expect(judge(good({ iat: NOW + 30 })).allowed).toBe(true);
    expect(judge(good({ iat: NOW + 31 }))).toMatchObject(refused('issued_in_future', /31 s ahead/));
  });

  it('iat at or after exp is refused', () => {
    expect(judge(good({ iat: NOW + 10, exp: NOW + 10 }))).toMatchObject(
      refused('claim_invalid', /before exp/),
    );
  });

  it('nbf is honoured, with iat_tolerance', () => {
    expect(judge(good({ nbf: NOW + 30 })).allowed).toBe(true);
    expect(judge(good({ nbf: NOW + 31 }))).toMatchObject(refused('token_not_yet_valid', /31 s/));
    expect(judge(good({ nbf: String(NOW + 31) }))).toMatchObject(refused('token_not_yet_valid'));
  });

  it.each([
    ['a number in milliseconds', NOW * 1000],
    ['a string in milliseconds', String(NOW * 1000)],
  ])('exp as %s is refused, and the reason says so', (_, exp) => {
    expect(judge(good({ exp }))).toMatchObject(refused('claim_invalid', /exp looks like milliseconds/));
  });

  it.each([[-1], ['-1'], ['1.5'], [' 1'], ['0x10'], ['1e9'], [''], [null], [true], [[NOW]], [{}], ['９']])(
    'exp = %j is refused',
    (exp) => expect(judge(good({ exp }))).toMatchObject(refused('claim_invalid')),
  );

  it('exp = 1e400 is refused: JSON spells infinity', () => {
    const payload = `{"iss":"ops.pub","iat":${NOW},"exp":1e400,"bodyEncode":0}`;
    expect(judge(signParts(ops, '{"alg":"RS256"}', payload))).toMatchObject(refused('claim_invalid'));
  });

  it('a lifetime over max_lifetime is refused', () => {
    expect(judge(good(), { maxLifetimeSeconds: 3600 }).allowed).toBe(true);
    expect(judge(good(), { maxLifetimeSeconds: 3599 })).toMatchObject(refused('lifetime_too_long', /3599 s/));
  });
});

describe('typ', () => {
  it.each(['JWT', 'jwt', 'Jwt', 'application/jwt', 'APPLICATION/JWT'])('%s is JWT', (typ) =>
    expect(judge(good({}, { typ })).allowed).toBe(true),
  );

  it('is one of token.types, and the refusal names them', () => {
    const rules = { types: ['jwt', 'at+jwt'] };
    expect(judge(good({}, { typ: 'application/at+JWT' }), rules).allowed).toBe(true);
    expect(judge(good({}, { typ: 'AT+jwt' }), rules).allowed).toBe(true);
    expect(judge(good({}, { typ: undefined }), rules).allowed).toBe(true);
    expect(judge(good({}, { typ: 'dpop+jwt' }), rules)).toMatchObject(
      refused('header_invalid', /typ must be JWT or at\+jwt, or absent/),
    );
  });
});

describe('claims', () => {
  it.each(['exp', 'iat', 'bodyEncode'])('%s is required', (claim) => {
    expect(judge(good({ [claim]: undefined }))).toMatchObject(refused('claim_missing', new RegExp(claim)));
  });

  it('bodyEncode may be left out where body_encode is optional', () => {
    expect(judge(good({ bodyEncode: undefined }), { bodyEncodeRequired: false })).toMatchObject({
      value: { bodyEncode: 0 },
    });
  });

  it.each([0, 1, undefined])('bodyEncode = %j means nothing where body_encode is plain', (bodyEncode) => {
    const rules = { bodyEncodeRequired: false, bodyEncodePlain: true };
    expect(judge(good({ bodyEncode }), rules)).toMatchObject({ value: { bodyEncode: 0 } });
  });

  it('bodyEncode is 0 or 1 where body_encode is plain, too', () => {
    const rules = { bodyEncodeRequired: false, bodyEncodePlain: true };
    expect(judge(good({ bodyEncode: 2 }), rules)).toMatchObject(refused('claim_invalid', /bodyEncode/));
  });

  it('iat may be left out where iat is optional, and counts where it is there', () => {
    const rules = { iatOptional: true };
    expect(judge(good({ iat: undefined }), rules).allowed).toBe(true);
    expect(judge(good({ iat: NOW + 31 }), rules)).toMatchObject(refused('issued_in_future'));
    expect(judge(good({ iat: 'soon' }), rules)).toMatchObject(refused('claim_invalid', /iat/));
    expect(judge(good({ iat: undefined, exp: NOW - 1 }), rules)).toMatchObject(refused('token_expired'));
  });

  it('iat is asked for all the same where a longest lifetime is counted from it', () => {
    const rules = { iatOptional: true, maxLifetimeSeconds: 7200 };
    expect(judge(good({ iat: undefined }), rules)).toMatchObject(
      refused('claim_missing', /Set iat .*lifetime/),
    );
    expect(judge(good(), rules).allowed).toBe(true);
  });

  it.each([2, -1, '2', '01', true, false, '', 0.5])('bodyEncode = %j is refused', (bodyEncode) =>
    expect(judge(good({ bodyEncode }))).toMatchObject(refused('claim_invalid')),
  );

  it.each([
    ['the accepted string', 'guard', true],
    ['an array that holds it', ['x', 'guard'], true],
    ['another string', 'other', false],
    ['another case', 'Guard', false],
    ['an empty array', [], false],
  ])('with an audience set, aud = %s: %j -> %s', (_, aud, allowed) => {
    const decision = judge(good({ aud }), { audience: ['guard'] });
    expect(decision).toMatchObject(allowed ? { allowed } : refused('audience_mismatch'));
  });

  it('with an audience set, a missing or ill-typed aud is refused', () => {
    const rules = { audience: ['guard'] };
    expect(judge(good(), rules)).toMatchObject(refused('claim_missing'));
    expect(judge(good({ aud: ['guard', 1] }), rules)).toMatchObject(refused('claim_invalid'));
    expect(judge(good({ aud: 'anything' })).allowed).toBe(true);
  });

  it.each(['sub', 'jti'])('%s must be a string that has a UTF-8 form', (claim) => {
    expect(judge(good({ [claim]: 5 }))).toMatchObject(refused('claim_invalid'));
    expect(judge(good({ [claim]: '\ud800' }))).toMatchObject(refused('claim_invalid'));
  });
});

describe('form and key', () => {
  it('a token longer than max_bytes is refused before anything is decoded', () => {
    expect(judge('x'.repeat(8193))).toMatchObject(refused('token_too_long'));
  });

  it.each(['a', 'a.b', 'a.b.c', 'e30.e30.', 'e30..AA', '.e30.AA', 'e30.e30.AA.AA', ''])(
    '%j is malformed',
    (token) => expect(judge(token)).toMatchObject(refused('token_malformed')),
  );

  it.each([
    { typ: 'JWS' },
    { typ: 'at+jwt' },
    { typ: 'application/JWS' },
    { typ: 'text/jwt' },
    { typ: '' },
    { typ: ['JWT'] },
    { typ: null },
    { typ: 5 },
    { zip: 'DEF' },
    { alg: undefined },
    { alg: 1 },
    { alg: ['RS256'] },
  ])('header %j is invalid', (header) =>
    expect(judge(good({}, header))).toMatchObject(refused('header_invalid')),
  );

  it.each(['JWT', 'jwt', 'application/jwt', 'application/JWT'])('typ %s is a JWT', (typ) => {
    expect(judge(good({}, { typ }))).toMatchObject({ allowed: true });
  });

  it.each(['none', 'None', '', 'HS256', 'rs256', 'RS512', 'toString', '__proto__'])(
    'alg %j is not allowed',
    (alg) => expect(judge(good({}, { alg }))).toMatchObject(refused('alg_not_allowed')),
  );

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false }, { b64: true }])(
    'extension %j is not understood',
    (header) => expect(judge(good({}, header))).toMatchObject(refused('crit_not_understood')),
  );

  it('the settings may list other RSA algorithms; the signature must then be one of them', () => {
    const header = Buffer.from('{"alg":"RS512"}').toString('base64url');
    const payload = good().split('.')[1];
    const signature = sign('sha512', Buffer.from(`${header}.${payload}`), ops.privateKey).toString(
      'base64url',
    );
    expect(judge(`${header}.${payload}.${signature}`, { algorithms: ['RS256', 'RS512'] }).allowed).toBe(true);
    expect(judge(`${header}.${payload}.${signature}`)).toMatchObject(refused('alg_not_allowed'));
  });

  it.each([[undefined], [5], [null], [['ops.pub']]])('iss = %j is missing', (iss) =>
    expect(judge(good({ iss }))).toMatchObject(refused('issuer_missing')),
  );

  it.each([
    '',
    'ops',
    'OPS.pub',
    '../keys/ops.pub',
    '/ops.pub',
    'ops.pub\0',
    '__proto__',
    'constructor',
    '.ops.pub',
  ])('iss = %j names no key', (iss) => expect(judge(good({ iss }))).toMatchObject(refused('issuer_unknown')));

  it('a key file without a usable key accepts nothing', () => {
    expect(judge(good({ iss: 'broken.pub' }))).toMatchObject({
      ...refused('key_unusable'),
      claimedIssuer: 'broken.pub',
    });
  });

  it("one issuer's key never accepts a token that names another", () => {
    expect(judge(good({ iss: 'other.pub' }))).toMatchObject(refused('signature_invalid'));
  });

  it('an EC signature under a listed RSA algorithm is refused', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = good().split('.').slice(0, 2).join('.');
    const forged = sign('sha256', Buffer.from(input), privateKey).toString('base64url');
    expect(judge(`${input}.${forged}`)).toMatchObject(refused('signature_invalid'));
  });
});
