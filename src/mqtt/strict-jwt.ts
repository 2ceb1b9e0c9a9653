// EMQX's JWT authenticator under the guard's own rules: every failure denies. The token is verified as one for the
// HTTP door is, by the keys of the block.
import type { JwtSettings } from '../config/mqtt.ts';
import { type Decision, deny, type Principal } from '../decision.ts';
import { createJudge } from '../guard.ts';
import { readClaims } from '../token/claims.ts';
import { claimOf, readVerifiedPayload } from '../token/payload.ts';
import type { TokenRules } from '../token/verify.ts';
import { openJwtKeys } from './jwt-keys.ts';
import {
  type Authenticator,
  type AuthenticatorMeans,
  allowLogin,
  type ConnectQuestion,
  denyLogin,
  ignoreLogin,
  type LoginOutcome,
} from './login.ts';
import { readTokenRules } from './token-rules.ts';
import { checkDemands, listBound } from './verify-claims.ts';

/** As much of `guard.token` as counts for MQTT clients' tokens. */
export type TokenLimits = Pick<TokenRules, 'maxTokenBytes' | 'expToleranceSeconds' | 'iatToleranceSeconds'>;

export interface StrictMeans extends AuthenticatorMeans {
  readonly limits: TokenLimits;
  readonly noMatch: 'allow' | 'deny';
}

/** A token that names an unknown key waits so long for the set to be fetched again. */
const REFETCH_MS = 1_000;

export function openStrictJwt(settings: JwtSettings, means: StrictMeans): Authenticator {
  const { source, algorithms, jwks } = openJwtKeys(settings, false, means);
  const rules = { ...rulesFor(means.limits, settings.requireExp), algorithms };
  const judge = createJudge({ rules, keys: source, now: means.now });

  const authenticate = async (token: string): Promise<Decision<Principal>> => {
    const decision = judge.authenticate(token);
    if (decision.allowed || decision.reason !== 'key_unusable' || jwks === undefined) return decision;
    await jwks.refresh(REFETCH_MS);
    return judge.authenticate(token);
  };

  return {
    name: means.name,
    async login(question) {
      const token = question[settings.from];
      if (token === undefined || token === '') return missingToken(settings);
      const decision = await authenticate(token);
      return decision.allowed
        ? readLogin(settings, means, question, token, decision.value)
        : denyLogin(decision);
    },
    ready: async () => jwks?.ready(),
    close: () => jwks?.close(),
  };
}

/** What a token must be whose keys stand in no directory: `exp`, unless the entry says otherwise. */
export function rulesFor(limits: TokenLimits, requireExp: boolean): Omit<TokenRules, 'algorithms'> {
  const { maxTokenBytes, expToleranceSeconds, iatToleranceSeconds } = limits;
  return {
    maxTokenBytes,
    expToleranceSeconds,
    iatToleranceSeconds,
    maxLifetimeSeconds: undefined,
    audience: undefined,
    bodyEncodeRequired: false,
    expOptional: !requireExp,
    iatOptional: true,
  };
}

export function missingToken({
  from,
  onMissingJwt,
}: Pick<JwtSettings, 'from' | 'onMissingJwt'>): LoginOutcome {
  const denial = deny('token_missing', `The ${from} of CONNECT must be the token.`);
  return onMissingJwt === 'ignore' ? ignoreLogin(denial) : denyLogin(denial);
}

function readLogin(
  settings: JwtSettings,
  { name, limits, noMatch }: StrictMeans,
  question: ConnectQuestion,
  token: string,
  principal: Principal,
): LoginOutcome {
  const payload = readVerifiedPayload(token);
  const denial = checkDemands(settings.verifyClaims, payload, question);
  if (denial !== undefined) return denyLogin(denial);
  const bound = listBound(settings.verifyClaims);
  const rules = readTokenRules(payload, question, { aclClaimName: settings.aclClaimName, bound, noMatch });
  if (!rules.allowed) return denyLogin(rules);
  const endsAt = readClaims(payload).expiresAt + limits.expToleranceSeconds;
  return allowLogin({
    authenticator: name,
    principal,
    isFiled: false,
    isSuperuser: claimOf(payload, 'is_superuser') === true,
    endsAt,
    disconnectAt: settings.disconnectAfterExpire ? endsAt : Infinity,
    rules: rules.value,
  });
}
