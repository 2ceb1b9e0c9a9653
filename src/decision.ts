// The vocabulary of every verdict, and the one table that turns a reason into an answer.
// Knows no HTTP message, no token format and no clock.

/** The highest power of a call, in classes that an operator thinks in; the greatest first. */
export const ACTION_CLASSES = [
  'code',
  'users',
  'secrets',
  'cluster',
  'control',
  'config',
  'kick',
  'write',
  'publish',
  'read',
] as const;

export type ActionClass = (typeof ACTION_CLASSES)[number];

/** What a request asks for: `clients.list`, of the class `read`. Named in the audit record. */
export interface Action {
  readonly name: string;
  readonly class: ActionClass;
}

/** By which right something is allowed, or for want of which it is not. Named in the audit record. */
export interface Grant {
  /** The roles that allow it, or those that the caller has. */
  readonly role: string | undefined;
  /** The rule that decided: `roles`, `allow clients.*`, `sources`. */
  readonly rule: string;
  /** It is let pass all the same, in observe mode; without it the reason would be this. */
  readonly wouldDeny?: DenyReason | undefined;
  /** It is one to the answer without its secrets. */
  readonly redacts?: true | undefined;
  /** In observe mode: it would have been. */
  readonly wouldRedact?: true | undefined;
}

export type Stage = 'credential' | 'form' | 'key' | 'claims' | 'policy' | 'request' | 'upstream' | 'guard';

/** RFC 6750 §3.1 error codes. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/** One row of the reason table: what a refusal looks like from outside. */
export interface ReasonRow {
  readonly stage: Stage;
  readonly status: number;
  /** The `error` attribute of the Bearer challenge; absent where no challenge explains anything. */
  readonly error?: BearerError;
  /** NanoMQ's numeric code: 104 no credential, 116 expired, 103 everything else. */
  readonly code: 103 | 104 | 116;
  /** The word the caller reads, where the true one would tell an attacker which issuers exist. */
  readonly shownAs?: 'token_rejected';
  /** What happened and what to do next; printable ASCII without `"` and `\` (RFC 6750 §3). */
  readonly message: string;
}

const row = (
  stage: Stage,
  status: number,
  error: BearerError | undefined,
  message: string,
  extra: Partial<ReasonRow> = {},
): ReasonRow => ({ stage, status, code: 103, message, ...(error && { error }), ...extra });

const REJECTED =
  'No key accepts this token. Check that iss names a key file of the guard and that the token was signed with its private half.';
const rejected = (): ReasonRow => row('key', 401, 'invalid_token', REJECTED, { shownAs: 'token_rejected' });
const form = (message: string): ReasonRow => row('form', 401, 'invalid_token', message);
const claims = (message: string, code: 103 | 116 = 103): ReasonRow =>
  row('claims', 401, 'invalid_token', message, { code });
const request = (status: number, message: string): ReasonRow => row('request', status, undefined, message);
const upstream = (status: number, message: string): ReasonRow => row('upstream', status, undefined, message);

const ROWS = {
  token_missing: row('credential', 401, undefined, 'Send a token: Authorization: Bearer <token>.', {
    code: 104,
  }),
  token_repeated: row(
    'credential',
    400,
    'invalid_request',
    'Send exactly one Authorization header with one token.',
  ),
  token_too_long: row(
    'credential',
    400,
    'invalid_request',
    'The token is longer than token.max_bytes. Ask its issuer for a smaller one.',
  ),
  scheme_unsupported: row(
    'credential',
    401,
    'invalid_request',
    'Only the Bearer scheme is accepted: Authorization: Bearer <token>.',
    { code: 104 },
  ),
  token_malformed: form('The token is not a compact JWS: three base64url parts without padding.'),
  header_invalid: form('The token header is not a valid JOSE header for a JWT.'),
  alg_not_allowed: form('The token is signed with an algorithm that token.algorithms does not list.'),
  crit_not_understood: form('The token header asks for extensions (crit, b64) that are not supported.'),
  issuer_missing: row(
    'key',
    401,
    'invalid_token',
    'The token has no iss claim. Set iss to the file name of a key, such as ops.pub.',
  ),
  issuer_unknown: rejected(),
  key_unusable: rejected(),
  signature_invalid: rejected(),
  token_expired: claims('The token has expired. Mint a new one.', 116),
  token_not_yet_valid: claims('The token is not valid yet (nbf). Wait, or check the clocks.'),
  issued_in_future: claims('The token was issued in the future (iat). Check the clocks.'),
  claim_missing: claims('A required claim is missing.'),
  claim_invalid: claims('A claim has an invalid value.'),
  audience_mismatch: claims('The token is meant for another audience (aud).'),
  lifetime_too_long: claims('The token lives longer than token.max_lifetime allows. Mint a shorter one.'),
  token_revoked: claims('The token has been revoked. Ask its issuer for another one.'),
  not_permitted: row('policy', 403, 'insufficient_scope', 'The token does not permit this.'),
  target_ambiguous: request(400, 'The request target can be read in more than one way. Send a plain path.'),
  target_unknown: request(404, 'The guard forwards only paths below the broker API.'),
  method_not_allowed: request(405, 'The method is not allowed here. See the Allow header.'),
  body_not_expected: request(
    400,
    'A GET or HEAD request must not carry a body. The same call works without it.',
  ),
  body_invalid: request(400, 'The request body cannot be accepted.'),
  body_too_large: request(413, 'The request body is larger than http_server.max_body.'),
  head_too_large: request(431, 'The request line and headers are too large.'),
  too_many_requests: request(429, 'Too many requests. Try again after the seconds that Retry-After says.'),
  request_malformed: request(400, 'The request is not well-formed HTTP/1.1.'),
  request_timeout: request(408, 'The request did not arrive in time.'),
  upstream_unreachable: upstream(502, 'The broker cannot be reached. See guard.upstream.url.'),
  upstream_timeout: upstream(504, 'The broker did not answer in time. See guard.upstream.timeouts.'),
  upstream_broken: upstream(502, 'The answer of the broker could not be used.'),
  answer_withheld: upstream(
    502,
    'The answer of the broker holds secrets that cannot be left out of it. Ask for less, or with a right to secrets.',
  ),
  upstream_busy: upstream(503, 'Too much is on its way to the broker already. Try again shortly.'),
  guard_failed: row(
    'guard',
    500,
    undefined,
    'The guard failed. Its log has the reason under this request id.',
  ),
  audit_unavailable: row(
    'guard',
    503,
    undefined,
    'The guard cannot record calls at the moment, and makes none that it cannot record. Try again shortly.',
  ),
} satisfies Record<string, ReasonRow>;

/** A reason code. Released words: never renamed. docs/answers.md has the table. */
export type DenyReason = keyof typeof ROWS;

export const REASONS: Readonly<Record<DenyReason, ReasonRow>> = Object.freeze(ROWS);

/** A refusal is a value. `detail` is text for the caller: never token text, key bytes or a password. */
export interface Denial {
  readonly allowed: false;
  readonly reason: DenyReason;
  readonly detail: string | undefined;
  /** Who is refused, where the signature was good. For the audit record only. */
  readonly principal: Principal | undefined;
  /** What an unverified token says of its issuer. For the audit record only. */
  readonly claimedIssuer: string | undefined;
  /** For the Allow field (RFC 9110 §10.2.1), where the method is what was wrong. */
  readonly allowedMethods: readonly string[] | undefined;
  /** For the challenge (RFC 6750 §3): the word that a token's scope would have to hold. */
  readonly scope: string | undefined;
  /** For want of which right. For the audit record only. */
  readonly grant: Grant | undefined;
  /** For the Retry-After field (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
}

/** The verified caller. */
export interface Principal {
  /** The key file that verified the token, `ops.pub`. */
  readonly issuer: string;
  readonly subject: string | undefined;
  /** `jti`. */
  readonly tokenId: string | undefined;
  /** RFC 7638 thumbprint of the key that verified the signature. */
  readonly thumbprint: string;
  readonly bodyEncode: 0 | 1;
  /** `iat` in Unix seconds; minus infinity where the token does not say. */
  readonly issuedAt: number;
  /** Which token it is, however it is written: see token/identity.ts. */
  readonly tokenDigest: string;
  /** What the token says of its own rights; undefined where it says nothing. */
  readonly claimedRights?: ClaimedRights | undefined;
}

/** Words of a token that narrow what its issuer may do. */
export interface ClaimedRights {
  /** `scope`, word by word; undefined where there is none. */
  readonly scope: readonly string[] | undefined;
  readonly roles: readonly string[] | undefined;
}

export type Decision<T> = { readonly allowed: true; readonly value: T } | Denial;

/** Whether it was the credential that was refused, not what was asked with it. */
export function isAboutCredential({ reason }: Denial): boolean {
  const { stage } = REASONS[reason];
  return stage === 'credential' || stage === 'form' || stage === 'key' || stage === 'claims';
}

// Verdicts are written out member by member: V8 takes microseconds to spread an object, and keeps a larger one.

export const deny = (reason: DenyReason, detail?: string): Denial => ({
  allowed: false,
  reason,
  detail,
  principal: undefined,
  claimedIssuer: undefined,
  allowedMethods: undefined,
  scope: undefined,
  grant: undefined,
});

/** The same refusal, of a token that says who its issuer is. */
export const denyIssuer = ({ reason, detail }: Denial, claimedIssuer: string): Denial => ({
  allowed: false,
  reason,
  detail,
  principal: undefined,
  claimedIssuer,
  allowedMethods: undefined,
  scope: undefined,
  grant: undefined,
});

/** The same refusal, of a caller who is known. */
export const denyPrincipal = ({ reason, detail }: Denial, principal: Principal): Denial => ({
  allowed: false,
  reason,
  detail,
  principal,
  claimedIssuer: undefined,
  allowedMethods: undefined,
  scope: undefined,
  grant: undefined,
});

/** A method that is not among those that the target takes. */
export const denyMethod = (allowedMethods: readonly string[]): Denial => ({
  allowed: false,
  reason: 'method_not_allowed',
  detail: undefined,
  principal: undefined,
  claimedIssuer: undefined,
  allowedMethods,
  scope: undefined,
  grant: undefined,
});

/** A caller who is known, without the right to what is asked. */
export const denyPermission = (
  detail: string,
  grant: Grant,
  principal: Principal | undefined,
  scope: string | undefined,
): Denial => ({
  allowed: false,
  reason: 'not_permitted',
  detail,
  principal,
  claimedIssuer: undefined,
  allowedMethods: undefined,
  scope,
  grant,
});

/** Whoever has asked too often, until so many seconds have passed. */
export const denyTooMany = (
  detail: string,
  retryAfterSeconds: number,
  { principal, claimedIssuer }: Partial<Pick<Denial, 'principal' | 'claimedIssuer'>>,
): Denial => ({
  allowed: false,
  reason: 'too_many_requests',
  detail,
  principal,
  claimedIssuer,
  allowedMethods: undefined,
  scope: undefined,
  grant: undefined,
  retryAfterSeconds,
});

export const allow = <T>(value: T): Decision<T> => ({ allowed: true, value });
