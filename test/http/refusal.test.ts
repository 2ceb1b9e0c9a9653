// The reason table as callers meet it: each row's status, code, challenge and public word, over a socket.
import { describe, expect, it } from 'vitest';
import { type DenyReason, REASONS } from '../../src/decision.ts';
import { makeIssuer, mintToken, nowSeconds, signParts } from '../support/issuers.ts';
import {
  ANY_METHOD,
  BROKERS,
  buildHead,
  OPS,
  type Pair,
  type PairOptions,
  PUBLISH,
  startPair,
} from '../support/pair.ts';
import type { RawAnswer } from '../support/raw.ts';
import { expectRefusal } from '../support/refusal.ts';

interface Row {
  readonly reason: DenyReason;
  readonly status: number;
  /** 103 unless told. */
  readonly code?: number;
  /** The challenge's error code: null for a challenge without one, absent where there is no challenge. */
  readonly error?: string | null;
  readonly options?: PairOptions;
  readonly send: (pair: Pair) => Promise<RawAnswer>;
}

const STRANGER = makeIssuer();
const bearer = (token: string) => (pair: Pair) =>
  pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
const claims = (extra: Record<string, unknown>) => bearer(mintToken(OPS, extra));
const invalid = { status: 401, error: 'invalid_token' } as const;
const now = nowSeconds();
const silent: PairOptions = {
  respond: () => undefined,
  guard: 'upstream.timeouts { connect = 300ms, headers = 100ms, body = 300ms }',
};

const TABLE: readonly Row[] = [
  {
    reason: 'token_missing',
    status: 401,
    code: 104,
    error: null,
    send: (pair) => pair.send(buildHead('GET', BROKERS)),
  },
  {
    reason: 'token_repeated',
    status: 400,
    send: (pair) => pair.ask('GET', BROKERS, [pair.authorization]),
  },
  { reason: 'token_too_long', status: 400, send: bearer('a'.repeat(8193)) },
  {
    reason: 'scheme_unsupported',
    status: 401,
    code: 104,
    error: 'invalid_request',
    send: (pair) => pair.send(buildHead('GET', BROKERS, ['Authorization: Basic YTpi'])),
  },
  { reason: 'token_malformed', ...invalid, send: bearer('a.b') },
  { reason: 'header_invalid', ...invalid, send: bearer(signParts(OPS, '[]', '{}')) },
  { reason: 'alg_not_allowed', ...invalid, send: bearer(mintToken(OPS, {}, { alg: 'none' })) },
  { reason: 'crit_not_understood', ...invalid, send: bearer(mintToken(OPS, {}, { crit: ['x'] })) },
  { reason: 'issuer_missing', ...invalid, send: claims({ iss: undefined }) },
  { reason: 'issuer_unknown', ...invalid, send: claims({ iss: 'nobody.pub' }) },
  {
    reason: 'key_unusable',
    ...invalid,
    options: { keys: { 'ops.pub': 'not a key\n' } },
    send: claims({}),
  },
  { reason: 'signature_invalid', ...invalid, send: bearer(mintToken(STRANGER)) },
  { reason: 'token_expired', ...invalid, code: 116, send: claims({ iat: now - 20, exp: now - 10 }) },
  { reason: 'token_not_yet_valid', ...invalid, send: claims({ nbf: now + 600 }) },
  { reason: 'issued_in_future', ...invalid, send: claims({ iat: now + 600 }) },
  { reason: 'claim_missing', ...invalid, send: claims({ exp: undefined }) },
  { reason: 'claim_invalid', ...invalid, send: claims({ bodyEncode: 2 }) },
  {
    reason: 'audience_mismatch',
    ...invalid,
    options: { guard: 'token.audience = here' },
    send: claims({ aud: 'there' }),
  },
  {
    reason: 'lifetime_too_long',
    ...invalid,
    options: { guard: 'token.max_lifetime = 10m' },
    send: claims({}),
  },
  { reason: 'target_ambiguous', status: 400, send: (pair) => pair.ask('GET', '/api/v4/../x') },
  { reason: 'target_unknown', status: 404, send: (pair) => pair.ask('GET', '/other') },
  {
    reason: 'not_permitted',
    status: 403,
    error: 'insufficient_scope',
    send: (pair) => pair.ask('GET', '/api/v4/unheard-of'),
  },
  { reason: 'method_not_allowed', status: 405, send: (pair) => pair.ask('PATCH') },
  {
    reason: 'body_not_expected',
    status: 400,
    send: (pair) => pair.ask('GET', BROKERS, ['Content-Length: 1'], 'x'),
  },
  {
    reason: 'body_invalid',
    status: 400,
    send: (pair) => pair.post('x', ['Content-Encoding: gzip']),
  },
  {
    reason: 'body_too_large',
    status: 413,
    options: { httpServer: 'max_body = 4' },
    send: (pair) => pair.post('12345'),
  },
  {
    reason: 'head_too_large',
    status: 431,
    send: (pair) => pair.ask('GET', BROKERS, [`X: ${'x'.repeat(17_000)}`]),
  },
  { reason: 'request_malformed', status: 400, send: (pair) => pair.send('nonsense\r\n\r\n') },
  {
    reason: 'upstream_unreachable',
    status: 502,
    options: { upstreamUrl: 'http://127.0.0.1:1' },
    send: (pair) => pair.ask(),
  },
  { reason: 'upstream_timeout', status: 504, options: silent, send: (pair) => pair.ask() },
  {
    reason: 'upstream_broken',
    status: 502,
    options: { respond: () => 'garbage\r\n\r\n' },
    send: (pair) => pair.ask(),
  },
];

/**
 * Rows with a test file of their own: audit_unavailable in cli/audit-file, upstream_busy in proxy/pool, request_timeout in
 * attacks/slow-head, too_many_requests in attacks/guessing-from-one-address,
 * answer_withheld in proxy/redacted-answer, token_revoked in the tests of revocation.
 */
const ELSEWHERE: readonly DenyReason[] = [
  'answer_withheld',
  'token_revoked',
  'audit_unavailable',
  'upstream_busy',
  'request_timeout',
  'too_many_requests',
  'guard_failed',
  'not_permitted',
];

describe('the reason table', () => {
  it.each(TABLE)('answers $reason with $status', async ({ reason, status, code, error, options, send }) => {
    const pair = await startPair(options);
    const answer = await send(pair);
    expect(answer.status).toBe(status);
    await expectRefusal(pair, answer, reason);
    expect(JSON.parse(answer.body).code).toBe(code ?? 103);
    const { message } = JSON.parse(answer.body);
    const challenge = error === null ? '' : `, error="${error}", error_description="${message}"`;
    expect(answer.headers.get('www-authenticate')).toBe(
      error === undefined ? undefined : `Bearer realm="broker-guard"${challenge}`,
    );
  });

  it('has a test for every row', () => {
    const tested = new Set([...TABLE.map((row) => row.reason), ...ELSEWHERE]);
    expect(Object.keys(REASONS).filter((reason) => !tested.has(reason as DenyReason))).toEqual([]);
  });

  it('speaks printable ASCII without quotes and backslashes (RFC 6750 §3)', () => {
    for (const { message } of Object.values(REASONS)) expect(message).toMatch(/^[ !#-[\]-~]+$/);
  });
});

describe('a refusal', () => {
  it('names the methods that would do', async () => {
    const pair = await startPair();
    expect((await pair.ask('PATCH')).headers.get('allow')).toBe('GET');
  });

  it('tells the measured skew of a token from the future', async () => {
    const pair = await startPair();
    const answer = await claims({ iat: nowSeconds() + 600 })(pair);
    expect(JSON.parse(answer.body).message).toMatch(/iat is (599|600) s ahead/);
  });

  it('keeps the connection for the next request when no body is left unread', async () => {
    const pair = await startPair();
    const connection = await pair.open();
    connection.write(buildHead('GET', BROKERS));
    expect((await connection.next()).status).toBe(401);
    connection.write(pair.head('GET', BROKERS));
    expect((await connection.next()).status).toBe(200);
  });

  it('of a HEAD request has the fields and no body, and counts none', async () => {
    const pair = await startPair({ guard: ANY_METHOD });
    const connection = await pair.open();
    connection.write(buildHead('HEAD', BROKERS) + pair.head('GET', BROKERS));
    const refused = await connection.next({ isHead: true });
    expect(refused.status).toBe(401);
    expect(Number(refused.headers.get('content-length'))).toBeGreaterThan(0);
    expect((await connection.next()).status).toBe(200);
    expect((await pair.records(2))[0]).toMatchObject({ reason: 'token_missing', bytes_out: 0 });
  });

  it('of an unread body ends the connection', async () => {
    const pair = await startPair({ httpServer: 'max_body = 4' });
    const connection = await pair.open();
    connection.write(pair.head('POST', PUBLISH, ['Content-Length: 5']));
    expect((await connection.next()).headers.get('connection')).toBe('close');
    await connection.closed();
  });
});
