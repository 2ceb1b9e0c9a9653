// What is revoked, ready to be asked on each request: a few looks into maps, and none where nothing is revoked. It only grows;
// what has ended is forgotten in passing. Knows no file.
import { type Denial, deny, denyPrincipal, type Principal } from '../decision.ts';
import type { NamedBy, Revocation } from './entry.ts';

/** As much of a token as it can be revoked by. */
export type RevocableToken = Pick<
  Principal,
  'issuer' | 'subject' | 'tokenId' | 'thumbprint' | 'issuedAt' | 'tokenDigest'
>;

/** What every door asks of a caller it knows, at each judgement. */
export interface Revocations {
  judge(principal: Principal, nowSeconds: number): Denial | undefined;
  /** What the token is revoked by; undefined where it is not. */
  find(token: RevocableToken, nowSeconds: number): NamedBy | undefined;
}

/** When each ends, in Unix seconds. */
type Ends = Map<string, number>;

interface Tokens {
  readonly jti: Ends;
  readonly subject: Ends;
  readonly key: Ends;
  readonly token_sha256: Ends;
  /** Several times may count, each until an end of its own. */
  readonly before: Map<number, number>;
}

const noTokens = (): Tokens => ({
  jti: new Map(),
  subject: new Map(),
  key: new Map(),
  token_sha256: new Map(),
  before: new Map(),
});

/** Below this nothing is looked through for what has ended. */
const FEW = 1024;

export class RevokedTokens implements Revocations {
  /** Of whichever issuer. */
  readonly #anyones = noTokens();
  readonly #issuers = new Map<string, Tokens>();
  #count = 0;
  /** How many there may be before those that have ended are looked for. */
  #room = FEW;

  judge(principal: Principal, nowSeconds: number): Denial | undefined {
    const by = this.#count === 0 ? undefined : this.find(principal, nowSeconds);
    return by === undefined ? undefined : denyPrincipal(deny('token_revoked'), principal);
  }

  find(token: RevocableToken, nowSeconds: number): NamedBy | undefined {
    const own = this.#issuers.get(token.issuer);
    return findAmong(this.#anyones, token, nowSeconds) ?? (own && findAmong(own, token, nowSeconds));
  }

  /** Whether it was not known, or ends later than was known. */
  add(revocation: Revocation, nowSeconds: number): boolean {
    const isNew = revocation.until > nowSeconds && this.#put(revocation);
    if (this.#count > this.#room) this.#forgetEnded(nowSeconds);
    return isNew;
  }

  /** Those in force. */
  count(nowSeconds: number): number {
    let count = 0;
    for (const { until } of this.list()) if (until > nowSeconds) count++;
    return count;
  }

  /** All that is known, as far as it decides anything. */
  *list(): Generator<Revocation> {
    yield* listTokens(undefined, this.#anyones);
    for (const [issuer, tokens] of this.#issuers) yield* listTokens(issuer, tokens);
  }

  #put({ issuer, by, value, until }: Revocation): boolean {
    const tokens = this.#of(issuer);
    const ends = tokens[by] as Map<string | number, number>;
    const size = ends.size;
    const isNew = by === 'before' ? putBefore(tokens.before, value, until) : put(ends, value, until);
    this.#count += ends.size - size;
    return isNew;
  }

  #of(issuer: string | undefined): Tokens {
    if (issuer === undefined) return this.#anyones;
    const known = this.#issuers.get(issuer) ?? noTokens();
    this.#issuers.set(issuer, known);
    return known;
  }

  #forgetEnded(nowSeconds: number): void {
    this.#count = forgetIn(this.#anyones, nowSeconds);
    for (const [issuer, tokens] of this.#issuers) {
      const left = forgetIn(tokens, nowSeconds);
      if (left === 0) this.#issuers.delete(issuer);
      this.#count += left;
    }
    this.#room = Math.max(FEW, 2 * this.#count);
  }
}

function put<T>(ends: Map<T, number>, value: T, until: number): boolean {
  const known = ends.get(value);
  if (known !== undefined && known >= until) return false;
  ends.set(value, until);
  return true;
}

/** One that reaches as far and lasts as long makes another one idle: each request looks through all that stay. */
function putBefore(ends: Tokens['before'], value: number, until: number): boolean {
  for (const [before, end] of ends) if (before >= value && end >= until) return false;
  for (const [before, end] of ends) if (before <= value && end <= until) ends.delete(before);
  return put(ends, value, until);
}

function findAmong(tokens: Tokens, token: RevocableToken, now: number): NamedBy | undefined {
  const { tokenId, subject } = token;
  if (isInForce(tokens.token_sha256, token.tokenDigest, now)) return 'token_sha256';
  if (tokenId !== undefined && isInForce(tokens.jti, tokenId, now)) return 'jti';
  if (subject !== undefined && isInForce(tokens.subject, subject, now)) return 'subject';
  if (isInForce(tokens.key, token.thumbprint, now)) return 'key';
  for (const [before, until] of tokens.before) if (token.issuedAt < before && now < until) return 'before';
  return undefined;
}

/** A map that is empty is not asked: hashing a text for the first time costs more than the look. */
function isInForce(ends: Ends, value: string, now: number): boolean {
  if (ends.size === 0) return false;
  const until = ends.get(value);
  return until !== undefined && now < until;
}

function* listTokens(issuer: string | undefined, tokens: Tokens): Generator<Revocation> {
  for (const [by, ends] of Object.entries(tokens))
    for (const [value, until] of ends as Ends) yield { issuer, by, value, until } as Revocation;
}

function forgetIn(tokens: Tokens, now: number): number {
  let left = 0;
  for (const ends of Object.values(tokens) as Ends[]) {
    for (const [value, until] of ends) if (until <= now) ends.delete(value);
    left += ends.size;
  }
  return left;
}
