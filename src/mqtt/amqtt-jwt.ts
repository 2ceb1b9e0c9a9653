// amqtt's two JWT plugins as amqtt and PyJWT answer: HS256 whatever the settings say, Python's idea of a whole
// number, claims taken apart as Python iterates. The guard's own rules are in strict-amqtt.ts.
import { createSecretKey } from 'node:crypto';
import type { AmqttSettings } from '../config/mqtt.ts';
import { allow, type Decision, type Denial, deny } from '../decision.ts';
import {
  ACTION_BIT,
  EVERY_QOS,
  type TopicAction,
  type TopicRule,
  type TopicRules,
  toRuleFilter,
} from '../policy/topic-rules.ts';
import { isSignatureGood } from '../token/algorithms.ts';
import { isBase64url } from '../token/base64url.ts';
import { identifyToken } from '../token/identity.ts';
import type { JsonObject } from '../token/json.ts';
import { splitLoosely } from '../token/loose-jws.ts';
import { claimOf } from '../token/payload.ts';
import { readPythonInt, readPythonJson } from '../token/python.ts';
import {
  type Authenticator,
  type AuthenticatorMeans,
  allowLogin,
  type ConnectQuestion,
  denyLogin,
  ignoreLogin,
  type LoginOutcome,
  WITHOUT_UPKEEP,
} from './login.ts';

export function openAmqttJwt(settings: AmqttSettings, { name, now }: AuthenticatorMeans): Authenticator {
  const login = ({ username = '', password = '' }: ConnectQuestion): LoginOutcome => {
    if (username === '' || password === '') return ignoreLogin(deny('token_missing'));
    const verified = verify(password, settings.secretKey);
    if (!verified.allowed) return denyLogin(verified);
    const payload = verified.value;
    const denial = checkAsPython(payload, now() / 1000);
    if (denial !== undefined) return denyLogin(denial);
    if (claimOf(payload, settings.userClaim) !== username) return denyLogin(deny('claim_invalid'));
    const text = (claim: string) => claimOf(payload, claim) as string | undefined;
    const issuer = claimOf(payload, 'iss');
    return allowLogin({
      authenticator: name,
      principal: {
        issuer: typeof issuer === 'string' ? issuer : '',
        subject: text('sub'),
        tokenId: text('jti'),
        thumbprint: '',
        bodyEncode: 0,
        issuedAt: readPythonInt(claimOf(payload, 'iat')) ?? -Infinity,
        tokenDigest: identifyToken(password) ?? '',
      },
      isFiled: false,
      isSuperuser: false,
      endsAt: Object.hasOwn(payload, 'exp') ? (readPythonInt(payload.exp) as number) : Infinity,
      // amqtt asks the token again at each topic, and ends no connection.
      disconnectAt: Infinity,
      rules: compileAsPython(settings, payload),
    });
  };
  return { name, login, ...WITHOUT_UPKEEP };
}

const PEM = /-----BEGIN|ssh-(?:rsa|ed25519)|ecdsa-sha2-/;

function verify(token: string, secret: string): Decision<JsonObject> {
  const read = splitLoosely(token);
  if (read === undefined) return deny('token_malformed');
  const { alg, crit, b64 } = read.header.value;
  if (alg !== 'HS256') return deny('alg_not_allowed');
  if (crit !== undefined || b64 === false) return deny('crit_not_understood');
  // PyJWT refuses to use either as a secret.
  if (secret === '' || PEM.test(secret)) return deny('key_unusable');
  if (!read.segments.every((segment) => isPaddedBase64url(segment))) return deny('token_malformed');
  const key = createSecretKey(Buffer.from(secret));
  const [header, payload] = read.segments;
  if (!isSignatureGood('HS256', key, `${header}.${payload}`, read.signature))
    return deny('signature_invalid');
  const claims = readPythonJson(Buffer.from(payload, 'base64url'));
  return claims === undefined ? deny('token_malformed') : allow(claims);
}

/** Padding passes, stray bits do not; nothing at all is an empty signature. */
function isPaddedBase64url(text: string): boolean {
  const bare = text.replace(/=+$/, '');
  return bare === '' || isBase64url(bare);
}

/** PyJWT's checks of registered claims, without leeway. */
function checkAsPython(payload: JsonObject, nowSeconds: number): Denial | undefined {
  for (const name of ['iat', 'nbf', 'exp'] as const) {
    if (!Object.hasOwn(payload, name)) continue;
    const seconds = readPythonInt(payload[name]);
    if (seconds === undefined) return deny('claim_invalid', `${name} must be a whole number.`);
    if (name === 'exp' ? seconds <= nowSeconds : seconds > nowSeconds) return deny(TOO_EARLY_OR_LATE[name]);
  }
  const audience = claimOf(payload, 'aud');
  const isEmpty = audience === undefined || audience === null || audience === '';
  if (!isEmpty && !(Array.isArray(audience) && audience.length === 0)) return deny('audience_mismatch');
  for (const name of ['sub', 'jti']) {
    const claim = claimOf(payload, name);
    if (claim !== undefined && typeof claim !== 'string')
      return deny('claim_invalid', `${name} must be a text.`);
  }
  return undefined;
}

const TOO_EARLY_OR_LATE = {
  iat: 'issued_in_future',
  nbf: 'token_not_yet_valid',
  exp: 'token_expired',
} as const;

function compileAsPython(settings: AmqttSettings, payload: JsonObject): TopicRules {
  const claims: Record<TopicAction, string> = {
    publish: settings.publishClaim,
    subscribe: settings.subscribeClaim,
    receive: settings.receiveClaim,
  };
  const actions = Object.keys(ACTION_BIT) as TopicAction[];
  return {
    rules: actions.flatMap((action) =>
      compileClaim(action, claims[action], claimOf(payload, claims[action])),
    ),
    otherwise: 'deny',
    isExact: false,
  };
}

/** A text is iterated letter by letter, an object by its names; what cannot be iterated makes amqtt fall over. */
function compileClaim(action: TopicAction, name: string, claim: unknown = []): TopicRule[] {
  const shape = { name, actions: ACTION_BIT[action], qos: EVERY_QOS, retain: undefined };
  const fall: TopicRule = { ...shape, effect: 'deny', filters: 'every_topic' };
  if (typeof claim !== 'string' && (typeof claim !== 'object' || claim === null)) return [fall];
  const entries: readonly unknown[] =
    typeof claim === 'string' || Array.isArray(claim) ? [...claim] : Object.keys(claim);
  const end = entries.findIndex((entry) => typeof entry !== 'string');
  const texts = (end === -1 ? entries : entries.slice(0, end)) as readonly string[];
  const filters = texts.map((text) => toRuleFilter(text));
  return [{ ...shape, effect: 'allow', filters }, ...(end === -1 ? [] : [fall])];
}
