// The issuers of the keys directory as MQTT clients: the very tokens of the HTTP door, `bodyEncode` aside, with the
// rules of the token's `acl`, or every topic but those that begin with `$` where the issuer has everything over HTTP too.
import type { KeysDirSettings } from '../config/mqtt.ts';
import { deny, denyPrincipal } from '../decision.ts';
import { createGuard, type GuardOptions } from '../guard.ts';
import { ACTION_BIT, EVERY_QOS, type TopicRules, toRuleFilter } from '../policy/topic-rules.ts';
import { readClaims } from '../token/claims.ts';
import { claimOf, readVerifiedPayload } from '../token/payload.ts';
import type { TokenRules } from '../token/verify.ts';
import { type Authenticator, allowLogin, denyLogin, WITHOUT_UPKEEP } from './login.ts';
import { missingToken, type StrictMeans } from './strict-jwt.ts';
import { readTokenRules } from './token-rules.ts';

export interface KeysDirMeans
  extends Omit<StrictMeans, 'limits'>,
    Pick<GuardOptions, 'lookup' | 'policy' | 'revocations'> {
  readonly token: TokenRules;
}

const ACL_CLAIM = 'acl';

export function openKeysDir(settings: KeysDirSettings, means: KeysDirMeans): Authenticator {
  const { name, now, lookup, policy, revocations, noMatch } = means;
  const rules = { ...means.token, bodyEncodeRequired: false };
  const guard = createGuard({ rules, lookup, policy, revocations, now });
  return {
    name,
    login(question) {
      const token = question[settings.from];
      if (token === undefined || token === '') return missingToken(settings);
      const decision = guard.authenticate(token);
      if (!decision.allowed) return denyLogin(decision);
      const principal = decision.value;
      const filed = lookup(principal.issuer);
      if (filed === undefined) return denyLogin(denyPrincipal(deny('key_unusable'), principal));
      const refusal = policy.judgeConditions(principal, filed, question.peerHost, now() / 1000);
      if (refusal !== undefined) return denyLogin(refusal);
      const payload = readVerifiedPayload(token);
      const reading = { aclClaimName: ACL_CLAIM, bound: new Set<string>(), noMatch };
      const rules = readTokenRules(payload, question, reading);
      if (!rules.allowed) return denyLogin(rules);
      const endsAt = readClaims(payload).expiresAt + means.token.expToleranceSeconds;
      return allowLogin({
        authenticator: name,
        principal,
        isFiled: true,
        isSuperuser: claimOf(payload, 'is_superuser') === true,
        endsAt,
        disconnectAt: endsAt,
        rules: rules.value ?? (policy.isAdmin(principal, filed) ? EVERY_PLAIN_TOPIC : NO_TOPIC),
      });
    },
    ...WITHOUT_UPKEEP,
  };
}

/** Of an issuer whose rights somebody has narrowed nobody knows which topics are meant. */
const NO_TOPIC: TopicRules = { rules: [], otherwise: 'deny', isExact: true };

/** What an issuer may do that nobody has narrowed: [MQTT-4.7.2-1] keeps the broker's own topics out. */
export const EVERY_PLAIN_TOPIC: TopicRules = {
  rules: [
    {
      name: 'every plain topic:',
      effect: 'allow',
      actions: ACTION_BIT.publish | ACTION_BIT.subscribe | ACTION_BIT.receive,
      qos: EVERY_QOS,
      retain: undefined,
      filters: [toRuleFilter('#')],
    },
  ],
  otherwise: 'deny',
  isExact: true,
};
