// EMQX's JWT authenticator as EMQX answers, in either of its security profiles. What it leaves open stays open here:
// the guard's own rules are in strict-jwt.ts, and docs/mqtt.md says which of them this switches off.
import type { JwtSettings, MqttSettings } from '../config/mqtt.ts';
import { type Denial, deny, type Principal } from '../decision.ts';
import type { TopicRules } from '../policy/topic-rules.ts';
import { type Algorithm, isSignatureGood } from '../token/algorithms.ts';
import { identifyToken } from '../token/identity.ts';
import {
  isPlainPayload,
  type LooseObject,
  readLooseObject,
  readPayloadBytes,
  splitLoosely,
  writtenOf,
} from '../token/loose-jws.ts';
import { claimOf } from '../token/payload.ts';
import { readEmqxAcl } from './emqx-acl.ts';
import { type JwtKeys, openJwtKeys, PUBLIC } from './jwt-keys.ts';
import {
  type Authenticator,
  type AuthenticatorMeans,
  allowLogin,
  type ConnectQuestion,
  denyLogin,
  ignoreLogin,
  type Login,
  type LoginOutcome,
} from './login.ts';
import { checkDemands } from './verify-claims.ts';

export interface EmqxMeans extends AuthenticatorMeans {
  readonly profile: MqttSettings['securityProfile'];
}

export function openEmqxJwt(settings: JwtSettings, means: EmqxMeans): Authenticator {
  const keys = openJwtKeys(settings, true, means);
  return {
    name: means.name,
    login: (question) => judge(settings, keys, means, question),
    ready: async () => keys.jwks?.ready(),
    close: () => keys.jwks?.close(),
  };
}

function judge(
  settings: JwtSettings,
  keys: JwtKeys,
  { name, profile, now }: EmqxMeans,
  question: ConnectQuestion,
): LoginOutcome {
  const isLegacy = profile === 'legacy';
  /** What EMQX calls a failure of its backend: in the legacy profile the next authenticator is asked. */
  const fail = (denial: Denial): LoginOutcome => (isLegacy ? ignoreLogin(denial) : denyLogin(denial));
  const token = question[settings.from];
  if (token === undefined) {
    const { onMissingJwt = isLegacy ? 'ignore' : 'deny' } = settings;
    return (onMissingJwt === 'ignore' ? ignoreLogin : denyLogin)(deny('token_missing'));
  }
  const verified = verify(token, keys);
  if ('allowed' in verified) return fail(verified);
  const { payload, thumbprint } = verified;
  const nowSeconds = Math.floor(now() / 1000);
  const denial = checkTimesAsEmqx(payload, nowSeconds) ?? checkClaims(settings, payload, question);
  if (denial !== undefined) return denyLogin(denial);
  const granted = readGrants(settings, payload, question, isLegacy);
  if ('denial' in granted) return (granted.isThrown ? fail : denyLogin)(granted.denial);
  return allowLogin({
    authenticator: name,
    principal: toPrincipal(payload, thumbprint, token),
    isFiled: false,
    ...granted,
  });
}

interface Verified {
  readonly payload: LooseObject;
  readonly thumbprint: string;
}

/** Every key is tried, whatever `kid`, `typ` and `crit` say. */
function verify(token: string, keys: JwtKeys): Verified | Denial {
  const read = splitLoosely(token);
  if (read === undefined) return deny('token_malformed');
  const written = writtenOf(read.header, 'alg', 'first');
  const algorithm = keys.algorithms.filter(isKnown).find((alg) => JSON.stringify(alg) === written);
  if (algorithm === undefined) return deny('alg_not_allowed');
  const bytes = readPayloadBytes(read);
  if (bytes === undefined) return deny('token_malformed');
  const input = `${read.segments[0]}.${bytes.toString(isPlainPayload(read) ? 'latin1' : 'base64url')}`;
  const known = keys.current();
  if (known === undefined) return deny('key_unusable', 'The JWKS endpoint has given no keys.');
  const key = known.find((one) => isSignatureGood(algorithm, one.key, input, read.signature, 'any'));
  if (key === undefined) return deny('signature_invalid');
  const payload = readLooseObject(bytes);
  return payload === undefined ? deny('token_malformed') : { payload, thumbprint: key.thumbprint };
}

/** EMQX has every public-key algorithm but this one. */
const isKnown = (alg: Algorithm): boolean =>
  alg !== 'ES256K' && (PUBLIC.includes(alg) || alg.startsWith('HS'));

/** Whole seconds, no leeway, `iat` not looked at; a text that spells a number is one. */
function checkTimesAsEmqx(payload: LooseObject, nowSeconds: number): Denial | undefined {
  for (const name of ['exp', 'nbf']) {
    if (!Object.hasOwn(payload.value, name)) continue;
    const seconds = readEmqxNumber(payload.value[name]);
    if (seconds === undefined) return deny('claim_invalid', `${name} must be a number.`);
    if (name === 'exp' && nowSeconds >= seconds) return deny('token_expired');
    if (name === 'nbf' && nowSeconds < seconds) return deny('token_not_yet_valid');
  }
  return undefined;
}

const NUMBER = /^[+-]?\d+(?:\.\d+(?:[eE][+-]?\d+)?)?$/;

function readEmqxNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

/** A name that is asked for twice, and the times, which are numbers by then, never pass. */
function checkClaims(settings: JwtSettings, payload: LooseObject, question: ConnectQuestion) {
  const names = settings.verifyClaims.map(({ name }) => name);
  const hopeless = names.find(
    (name, index) => name === 'exp' || name === 'nbf' || names.indexOf(name) < index,
  );
  if (hopeless !== undefined) return deny('claim_invalid', `verify_claims names ${hopeless}.`);
  return checkDemands(settings.verifyClaims, payload.value, question);
}

type Grants = Pick<Login, 'isSuperuser' | 'endsAt' | 'disconnectAt' | 'rules'>;

/** `isThrown`: EMQX falls over, which is a failure of its backend. */
interface Refusal {
  readonly denial: Denial;
  readonly isThrown: boolean;
}

function readGrants(
  { aclClaimName, disconnectAfterExpire }: JwtSettings,
  payload: LooseObject,
  question: ConnectQuestion,
  isLegacy: boolean,
): Grants | Refusal {
  const isSuperuser = isEmqxSuperuser(writtenOf(payload, 'is_superuser', 'last') ?? '');
  const end = readEnd(payload);
  if (end === 'fraction' && disconnectAfterExpire) return throwOver('exp has a fraction.');
  const attributes = readAttributes(claimOf(payload.value, 'client_attrs'));
  if (attributes === undefined) return throwOver('client_attrs must be an object of texts.');
  const override = claimOf(payload.value, 'clientid_override');
  const clientId = typeof override === 'string' && override !== '' ? override : question.clientId;
  const claim = claimOf(payload.value, aclClaimName);
  let rules: TopicRules | undefined;
  if (claim !== undefined) {
    const read = readEmqxAcl(aclClaimName, claim, { question, clientId, attributes, isLegacy });
    if ('flaw' in read) return { denial: deny('claim_invalid', read.flaw), isThrown: read.breaksEmqx };
    rules = read;
  }
  // The rules end a second after the login does; a fraction ends them at once.
  const rulesEnd = end === 'fraction' ? -Infinity : end + 1;
  return {
    isSuperuser,
    endsAt: isSuperuser || rules === undefined ? Infinity : rulesEnd,
    disconnectAt: disconnectAfterExpire && end !== 'fraction' ? end : Infinity,
    rules,
  };
}

const throwOver = (detail: string): Refusal => ({ denial: deny('claim_invalid', detail), isThrown: true });

/** Only whole numbers are an end to what EMQX grants, and `1750003600.0` is none. */
function readEnd(payload: LooseObject): number | 'fraction' {
  const seconds = readEmqxNumber(claimOf(payload.value, 'exp'));
  const written = writtenOf(payload, 'exp', 'last') ?? '';
  if (seconds === undefined) return Infinity;
  return /[.eE]/.test(written) ? 'fraction' : seconds;
}

/** `true`, `"true"`, and whole numbers from 1, in digits or in a text. */
function isEmqxSuperuser(written: string): boolean {
  if (written === 'true' || written === '"true"') return true;
  return /^(?:\d+|"\+?\d+")$/.test(written) && Number(written.replaceAll('"', '')) >= 1;
}

/** Names that no template could use are dropped. */
function readAttributes(value: unknown = {}): ReadonlyMap<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (!entries.every(([, text]) => typeof text === 'string')) return undefined;
  return new Map(entries.filter(([name]) => /^[A-Za-z0-9_-]+$/.test(name)));
}

function toPrincipal({ value }: LooseObject, thumbprint: string, token: string): Principal {
  const text = (name: string) => {
    const claim = claimOf(value, name);
    return typeof claim === 'string' && claim.isWellFormed() ? claim : undefined;
  };
  return {
    issuer: text('iss') ?? '',
    subject: text('sub'),
    tokenId: text('jti'),
    thumbprint,
    bodyEncode: 0,
    issuedAt: readEmqxNumber(claimOf(value, 'iat')) ?? -Infinity,
    tokenDigest: identifyToken(token) ?? '',
  };
}
