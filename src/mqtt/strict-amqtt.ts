// amqtt's two JWT plugins under the guard's own rules: the algorithm of the settings counts, a claim that is no list
// of texts allows nothing, and every failure denies.
import type { AmqttSettings } from '../config/mqtt.ts';
import { deny } from '../decision.ts';
import { createJudge } from '../guard.ts';
import { isWeakKey, readPemKeys } from '../keystore/public-keys.ts';
import { compileLists } from '../policy/topic-lists.ts';
import { readClaims } from '../token/claims.ts';
import { claimOf, readVerifiedPayload } from '../token/payload.ts';
import type { IssuerKey } from '../token/verify.ts';
import { fixedKeys, toSecretKey } from './jwt-keys.ts';
import { type Authenticator, allowLogin, type ConnectQuestion, denyLogin, WITHOUT_UPKEEP } from './login.ts';
import { rulesFor, type StrictMeans } from './strict-jwt.ts';

export function openStrictAmqtt(settings: AmqttSettings, means: StrictMeans): Authenticator {
  const { algorithm, userClaim } = settings;
  const { source } = fixedKeys(readKeys(settings), [algorithm]);
  const rules = { ...rulesFor(means.limits, settings.requireExp), algorithms: [algorithm] };
  const judge = createJudge({ rules, keys: source, now: means.now });

  const login = ({ username = '', password = '' }: ConnectQuestion) => {
    if (username === '' || password === '')
      return denyLogin(
        deny('token_missing', 'CONNECT must have a user name, and the token as its password.'),
      );
    const decision = judge.authenticate(password);
    if (!decision.allowed) return denyLogin(decision);
    const payload = readVerifiedPayload(password);
    const user = claimOf(payload, userClaim);
    if (user === undefined) return denyLogin(deny('claim_missing', `Set ${userClaim} to the user name.`));
    if (user !== username)
      return denyLogin(deny('claim_invalid', `${userClaim} is not the user name of CONNECT.`));
    const endsAt = readClaims(payload).expiresAt + means.limits.expToleranceSeconds;
    const list = (name: string) => ({ name, list: claimOf(payload, name) });
    const lists = {
      publish: list(settings.publishClaim),
      subscribe: list(settings.subscribeClaim),
      receive: list(settings.receiveClaim),
    };
    return allowLogin({
      authenticator: means.name,
      principal: decision.value,
      isFiled: false,
      isSuperuser: false,
      endsAt,
      disconnectAt: endsAt,
      rules: compileLists(lists),
    });
  };
  return { name: means.name, login, ...WITHOUT_UPKEEP };
}

/** A secret, or the public half that its algorithm needs; the settings were refused where it is neither. */
function readKeys({ algorithm, secretKey }: AmqttSettings): readonly IssuerKey[] {
  if (algorithm.startsWith('HS')) return [toSecretKey(Buffer.from(secretKey).toString('base64'))];
  const keys = readPemKeys(secretKey);
  return 'flaw' in keys ? [] : keys.filter((key) => !isWeakKey(key));
}
