// RFC 7519 §4.1 and NanoMQ's bodyEncode: what a verified payload must say, as named checks. A claim's form
// is judged once, when the token is verified; times are judged on each request, by a clock handed in.
import { type ClaimedRights, type Denial, deny } from '../decision.ts';
import type { JsonObject } from './json.ts';

export interface ClaimRules {
  readonly expToleranceSeconds: number;
  readonly iatToleranceSeconds: number;
  /** exp - iat at most; undefined for no limit. */
  readonly maxLifetimeSeconds: number | undefined;
  /** Accepted audiences; undefined when `aud` is not checked. */
  readonly audience: readonly string[] | undefined;
  readonly bodyEncodeRequired: boolean;
  /** Tokens of MQTT clients may go without; where one is there it counts. */
  readonly expOptional?: boolean;
  /** 1 means nothing, as to NanoMQ itself: bodies travel as they are. */
  readonly bodyEncodePlain?: boolean;
  readonly iatOptional?: boolean;
}

/** The claims that matter later, in plain types. Times in Unix seconds. */
export interface Claims {
  /** Infinity where the token never ends. */
  readonly expiresAt: number;
  /** Minus infinity where the token does not say. */
  readonly issuedAt: number;
  readonly notBefore: number | undefined;
  readonly subject: string | undefined;
  readonly tokenId: string | undefined;
  readonly bodyEncode: 0 | 1;
  /** Every audience the token names. */
  readonly audience: readonly string[];
  readonly rights: ClaimedRights | undefined;
}

type FormCheck = (payload: JsonObject, rules: ClaimRules) => Denial | undefined;

/** Each claim's form, in the order of judgement. */
export const FORM_CHECKS: readonly (readonly [claim: string, check: FormCheck])[] = [
  ['exp', (payload, rules) => checkTime(payload, 'exp', rules.expOptional !== true)],
  ['iat', (payload, rules) => checkTime(payload, 'iat', rules.iatOptional !== true)],
  ['nbf', (payload) => checkTime(payload, 'nbf', false)],
  ['bodyEncode', checkBodyEncode],
  ['sub', (payload) => checkString(payload, 'sub')],
  ['jti', (payload) => checkString(payload, 'jti')],
  ['aud', checkAudience],
  ['lifetime', checkLifetime],
  ['scope', (payload) => checkWords(payload, 'scope', isText)],
  ['roles', (payload) => checkWords(payload, 'roles', () => false)],
];

type TimeCheck = (claims: Claims, rules: ClaimRules, nowSeconds: number) => Denial | undefined;

/** Each rule about time, in the order of judgement; `now` in Unix seconds, fractions kept. */
export const TIME_CHECKS: readonly (readonly [rule: string, check: TimeCheck])[] = [
  ['not expired', checkExpiry],
  ['not issued in the future', checkIssuedAt],
  ['valid already', checkNotBefore],
];

/** The first form a payload fails, or undefined. */
export function checkForms(payload: JsonObject, rules: ClaimRules): Denial | undefined {
  for (const [, check] of FORM_CHECKS) {
    const denial = check(payload, rules);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** The first time rule the claims fail at `nowSeconds`, or undefined. */
export function checkTimes(claims: Claims, rules: ClaimRules, nowSeconds: number): Denial | undefined {
  for (const [, check] of TIME_CHECKS) {
    const denial = check(claims, rules, nowSeconds);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** The claims of a payload that passed every form check. */
export function readClaims(payload: JsonObject, rules: Pick<ClaimRules, 'bodyEncodePlain'> = {}): Claims {
  return {
    expiresAt: readTime(payload.exp) ?? Infinity,
    issuedAt: readTime(payload.iat) ?? -Infinity,
    notBefore: readTime(payload.nbf),
    subject: payload.sub as string | undefined,
    tokenId: payload.jti as string | undefined,
    bodyEncode: rules.bodyEncodePlain ? 0 : (Number(payload.bodyEncode ?? 0) as 0 | 1),
    audience: listOf(payload.aud).filter(isText),
    rights: readRights(payload),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** RFC 8693 §4.2: `scope` is words with blanks between them. One that is there counts, even an empty one. */
function readRights({ scope, roles }: JsonObject): ClaimedRights | undefined {
  if (scope === undefined && roles === undefined) return undefined;
  const words = isText(scope) ? scope.split(' ').filter((word) => word !== '') : scope;
  return { scope: words as readonly string[] | undefined, roles: roles as readonly string[] | undefined };
}

/** 13 digits and more cannot be seconds before the year 33658: whoever writes them means milliseconds. */
const FIRST_MILLISECONDS = 1e12;
const DIGITS = /^\d+$/;

/** Seconds; a number, or a string of digits as NanoMQ's manual writes it. Undefined when it is neither. */
function readTime(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds) ? seconds : undefined;
}

function checkTime(payload: JsonObject, claim: string, required: boolean): Denial | undefined {
  const value = payload[claim];
  if (value === undefined) {
    return required ? deny('claim_missing', `Set ${claim} to a Unix time in seconds.`) : undefined;
  }
  const seconds = readTime(value);
  if (seconds === undefined) {
    return deny('claim_invalid', `${claim} must be a Unix time in seconds: a number or a string of digits.`);
  }
  if (seconds < FIRST_MILLISECONDS && !(typeof value === 'string' && value.length > 12)) return undefined;
  return deny('claim_invalid', `${claim} looks like milliseconds; it must be in seconds.`);
}

function checkBodyEncode(payload: JsonObject, rules: ClaimRules): Denial | undefined {
  const value = payload.bodyEncode;
  if (value === undefined) {
    return rules.bodyEncodeRequired ? deny('claim_missing', 'Set bodyEncode to 0.') : undefined;
  }
  const isFlag = value === 0 || value === 1 || value === '0' || value === '1';
  return isFlag ? undefined : deny('claim_invalid', 'bodyEncode must be 0 or 1.');
}

/** RFC 7519 §2: StringOrURI. A lone surrogate has no UTF-8 form and could not be written to a log as it is. */
function checkString(payload: JsonObject, claim: string): Denial | undefined {
  const value = payload[claim];
  if (value === undefined || (typeof value === 'string' && value.isWellFormed())) return undefined;
  return deny('claim_invalid', `${claim} must be a string.`);
}

/** What narrows must not be passed over because nobody can read it. */
function checkWords(
  payload: JsonObject,
  claim: string,
  isWhole: (value: unknown) => boolean,
): Denial | undefined {
  const value = payload[claim];
  if (value === undefined || isWhole(value) || (Array.isArray(value) && value.every(isText)))
    return undefined;
  const form = claim === 'scope' ? 'words with blanks between them, or a list of words' : 'a list of words';
  return deny('claim_invalid', `${claim} must be ${form}.`);
}

/** RFC 7519 §4.1.3: a string or an array of strings, compared exactly. */
function checkAudience(payload: JsonObject, rules: ClaimRules): Denial | undefined {
  if (rules.audience === undefined) return undefined;
  const value = payload.aud;
  if (value === undefined) return deny('claim_missing', 'Set aud to the audience of this guard.');
  const claimed = listOf(value);
  if (!claimed.every(isText)) {
    return deny('claim_invalid', 'aud must be a string or an array of strings.');
  }
  return rules.audience.some((accepted) => claimed.includes(accepted))
    ? undefined
    : deny('audience_mismatch');
}

function checkLifetime(payload: JsonObject, rules: ClaimRules): Denial | undefined {
  const limit = rules.maxLifetimeSeconds;
  if (limit === undefined) return undefined;
  if (payload.iat === undefined) {
    return deny(
      'claim_missing',
      'Set iat to a Unix time in seconds: the lifetime of a token counts from it.',
    );
  }
  const lifetime = (readTime(payload.exp) ?? Infinity) - (readTime(payload.iat) ?? 0);
  return lifetime > limit ? deny('lifetime_too_long', `At most ${limit} s from iat to exp.`) : undefined;
}

/** RFC 7519 §4.1.4: on or after exp the token must not be accepted. */
function checkExpiry(claims: Claims, rules: ClaimRules, now: number): Denial | undefined {
  if (now < claims.expiresAt + rules.expToleranceSeconds) return undefined;
  return deny('token_expired', `It expired ${describeSeconds(now - claims.expiresAt)} ago.`);
}

function checkIssuedAt(claims: Claims, rules: ClaimRules, now: number): Denial | undefined {
  const skew = claims.issuedAt - now;
  if (skew > rules.iatToleranceSeconds) {
    return deny('issued_in_future', `iat is ${describeSeconds(skew)} ahead of the clock of the guard.`);
  }
  return claims.issuedAt < claims.expiresAt ? undefined : deny('claim_invalid', 'iat must be before exp.');
}

function checkNotBefore(claims: Claims, rules: ClaimRules, now: number): Denial | undefined {
  const wait = (claims.notBefore ?? 0) - now;
  if (wait <= rules.iatToleranceSeconds) return undefined;
  return deny('token_not_yet_valid', `It becomes valid in ${describeSeconds(wait)}.`);
}

function describeSeconds(seconds: number): string {
  return `${Math.max(1, Math.ceil(seconds))} s`;
}
