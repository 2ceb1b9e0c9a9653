// Why a token is accepted or refused: the guard's own word, and beside it every check, run one by one where the guard
// would stop at the first failure. What cannot be judged without an earlier check is listed as not run.
import type { Core } from './core.ts';
import { type Denial, type DenyReason, deny, REASONS } from './decision.ts';
import { toPrincipal } from './guard.ts';
import type { KeyStore } from './keystore/store.ts';
import { explainCall, type Why } from './policy/why.ts';
import { FORM_CHECKS, readClaims, TIME_CHECKS } from './token/claims.ts';
import type { JsonObject } from './token/json.ts';
import { type DecodedToken, decodeToken, judgeHeader } from './token/jws.ts';
import { findSigner, issuerKeys, readClaimedIssuer, type TokenRules, verifyToken } from './token/verify.ts';

interface CheckVerdict {
  readonly check: string;
  readonly verdict: 'passed' | 'failed' | 'not_run';
  readonly detail?: string;
}

interface CheckedToken {
  /** The token's own words, verified or not. */
  readonly header?: object;
  readonly payload?: object;
  readonly checks: readonly CheckVerdict[];
}

export interface Explanation extends CheckedToken {
  readonly accepted: boolean;
  /** The true one, which a caller may not read. */
  readonly reason?: DenyReason;
  readonly message?: string;
}

/** @param nowMs Unix time in milliseconds, by the clock of the core */
export function explainToken(token: string, core: Core, nowMs: number): Explanation {
  const decision = core.guard.authenticate(token);
  const checked = runChecks(token, core, nowMs / 1000);
  if (decision.allowed) return { accepted: true, ...checked };
  return { accepted: false, reason: decision.reason, message: explainDenial(decision), ...checked };
}

/** Why a call with this token is let pass, or is not. */
export interface CallExplanation {
  readonly allowed: boolean;
  readonly issuer?: string;
  readonly token: Explanation;
  /** What the policy says; absent where the token is refused. */
  readonly call?: Why;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  /** The address it comes from; the loopback address unless told. */
  readonly client: string | undefined;
}

export function explainCallOf(
  core: Core,
  token: string,
  { method, path, client = '127.0.0.1' }: Call,
  nowMs: number,
): CallExplanation {
  const explained = explainToken(token, core, nowMs);
  const decision = core.guard.authenticate(token);
  const filed = decision.allowed ? core.keys.lookup(decision.value.issuer) : undefined;
  if (!decision.allowed || filed === undefined) return { allowed: false, token: explained };
  const caller = { principal: decision.value, filed, client, nowSeconds: nowMs / 1000 };
  const call = explainCall(core.policy, caller, method, path);
  return { allowed: call.allowed, issuer: filed.name, token: explained, call };
}

const PARTS = 'three base64url parts of strict JSON';

/** The same checks in the same order for every token. */
function runChecks(token: string, core: Core, nowSeconds: number): CheckedToken {
  const { token: rules } = core.settings;
  const decoded = decodeToken(token, rules.maxTokenBytes);
  const parts = judge(PARTS, decoded);
  if (!decoded.allowed) {
    const claims = [...FORM_CHECKS.map(nameOf), OF_ISSUER, ...TIME_CHECKS.map(nameOf)];
    const names = ['header', 'iss', 'signature', ...claims, NOT_REVOKED];
    return { checks: [parts, ...names.map((check) => notRun(check, 'the token cannot be read'))] };
  }
  const { claimedHeader: header, claimedPayload: payload } = decoded.value;
  const checks = [
    parts,
    ...checkSignature(decoded.value, rules, core.keys),
    ...checkClaims(payload, core, nowSeconds),
    checkRevocations(token, core, nowSeconds),
  ];
  return { header, payload, checks };
}

const NOT_REVOKED = 'not revoked';

function checkRevocations(token: string, { settings, keys, revocations }: Core, now: number): CheckVerdict {
  const verified = verifyToken(token, settings.token, issuerKeys(keys.lookup));
  if (!verified.allowed) return notRun(NOT_REVOKED, 'it needs a good signature and good claims');
  const by = revocations.find(toPrincipal(verified.value, token), now);
  return by === undefined
    ? judge(NOT_REVOKED, undefined)
    : judge(NOT_REVOKED, deny('token_revoked', `It is revoked by ${by}.`));
}

const nameOf = ([name]: readonly [string, ...unknown[]]): string => name;

function checkSignature(decoded: DecodedToken, rules: TokenRules, keys: KeyStore): CheckVerdict[] {
  const algorithm = judgeHeader(decoded.claimedHeader, rules.algorithms, rules.types);
  const issuer = readClaimedIssuer(decoded.claimedPayload);
  const before = [judge('header', algorithm), judge('iss', issuer)];
  if (!algorithm.allowed || !issuer.allowed) {
    return [...before, notRun('signature', 'it needs a good header and iss')];
  }
  const signer = findSigner(decoded, algorithm.value, issuer.value, keys.lookup);
  const filed = keys.lookup(issuer.value);
  const unusable = filed?.usable === false ? filed.reason : undefined;
  return [
    ...before,
    judge('signature', signer, signer.allowed ? `key ${signer.value.key.thumbprint}` : unusable),
  ];
}

function checkClaims(payload: JsonObject, core: Core, nowSeconds: number): CheckVerdict[] {
  const { token: rules } = core.settings;
  const forms = FORM_CHECKS.map(([claim, check]) => judge(claim, check(payload, rules)));
  const areReadable = forms.every(({ check, verdict }) => verdict === 'passed' || !TIMES.has(check));
  const times = TIME_CHECKS.map(([rule, check]) =>
    areReadable
      ? judge(rule, check(readClaims(payload, rules), rules, nowSeconds))
      : notRun(rule, 'it needs good exp, iat and nbf'),
  );
  return [...forms, checkIssuerRules(payload, core, areReadable), ...times];
}

const OF_ISSUER = 'audience and max_lifetime of the issuer';

function checkIssuerRules(
  payload: JsonObject,
  { keys, policy, settings }: Core,
  areReadable: boolean,
): CheckVerdict {
  const issuer = readClaimedIssuer(payload);
  const filed = issuer.allowed ? keys.lookup(issuer.value) : undefined;
  if (!filed?.usable || !areReadable) return notRun(OF_ISSUER, 'it needs a usable issuer, good exp and iat');
  return judge(OF_ISSUER, policy.judgeClaims(filed, readClaims(payload, settings.token)));
}

/** The claims the rules about time read. */
const TIMES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf']);

function judge(
  check: string,
  outcome: { readonly allowed: true } | Denial | undefined,
  detail?: string,
): CheckVerdict {
  const denial = outcome === undefined || outcome.allowed ? undefined : outcome;
  const text = detail ?? (denial && explainDenial(denial));
  return { check, verdict: denial ? 'failed' : 'passed', ...(text !== undefined && { detail: text }) };
}

const notRun = (check: string, why: string): CheckVerdict => ({ check, verdict: 'not_run', detail: why });

/** The operator may read the true reason, which a caller may not. */
const TRUE_REASONS: Partial<Record<Denial['reason'], string>> = {
  issuer_unknown: 'No key file has this name.',
  key_unusable: 'The key file of this name holds no usable key.',
  signature_invalid: 'No key filed under this issuer made this signature.',
};

/** What was found wrong, as a sentence for whoever runs the guard. */
function explainDenial({ reason, detail }: Denial): string {
  return [TRUE_REASONS[reason] ?? REASONS[reason].message, detail].filter(Boolean).join(' ');
}
