// The core's face for MQTT clients: may this client connect, and may this login do this with this topic. The
// authenticators are asked in their order; the first decisive answer counts, and the end of the list denies.
import type { AuthenticatorSettings, MqttSettings } from '../config/mqtt.ts';
import { type Denial, deny, denyPrincipal, type Principal } from '../decision.ts';
import type { GuardOptions } from '../guard.ts';
import { compilePrecondition, type Precondition } from '../policy/precondition.ts';
import { decideTopic, type TopicDecision, type TopicQuestion } from '../policy/topic-rules.ts';
import type { TokenRules } from '../token/verify.ts';
import { openAmqttJwt } from './amqtt-jwt.ts';
import { openEmqxJwt } from './emqx-jwt.ts';
import { EVERY_PLAIN_TOPIC, openKeysDir } from './keys-dir.ts';
import type { Authenticator, ConnectQuestion, Login } from './login.ts';
import { openStrictAmqtt } from './strict-amqtt.ts';
import { openStrictJwt } from './strict-jwt.ts';
import { readAmqttTarget, readEmqxTarget, readPlainTarget } from './target.ts';

export type ConnectAnswer =
  | { readonly allowed: true; readonly login: Login }
  /** Whoever denied; undefined where nobody had an opinion. */
  | { readonly allowed: false; readonly denial: Denial; readonly authenticator: string | undefined };

/** Why a topic is allowed or denied; words for people and records, not an answer's codes. */
export type TopicReason =
  | 'superuser'
  | 'covered'
  | 'deny_rule'
  | 'not_covered'
  | 'acl_missing'
  | 'token_expired'
  | LoginEnd
  | 'topic_invalid';

/** Why a login is over before its time. */
export type LoginEnd = 'token_revoked' | 'key_unusable';

export interface TopicAnswer {
  readonly allowed: boolean;
  /** No rule of the token decided: `no_match` of the settings did. */
  readonly isOpen: boolean;
  readonly reason: TopicReason;
  readonly rule: string | undefined;
}

export interface MqttGuard {
  connect(question: ConnectQuestion): Promise<ConnectAnswer>;
  /** @param dialect whose prefixes of topics count; those of the semantics unless told */
  authorize(login: Login, question: TopicQuestion, dialect?: MqttSettings['semantics']): TopicAnswer;
  /** Whether a login is over before its time, which ends its connection; by the keys and revocations of this moment. */
  findEnd(login: Login): LoginEnd | undefined;
  /** Resolves when every endpoint has answered once, or has failed to. */
  ready(): Promise<void>;
  close(): void;
}

export interface MqttGuardOptions {
  readonly settings: MqttSettings;
  readonly token: TokenRules;
  readonly lookup: GuardOptions['lookup'];
  readonly policy: GuardOptions['policy'];
  readonly revocations: GuardOptions['revocations'];
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly report: (line: string) => void;
}

export function openMqttGuard(options: MqttGuardOptions): MqttGuard {
  const { settings, now } = options;
  const members = openMembers(options);
  const findEnd = makeFindEnd(options);
  return {
    findEnd,
    async connect(question) {
      if (settings.allowAnonymous && question.username === undefined && question.password === undefined) {
        return { allowed: true, login: ANONYMOUS };
      }
      const answer = await askInOrder(members, question);
      return (answer.allowed ? refuseEnded(answer.login, findEnd(answer.login)) : undefined) ?? answer;
    },
    authorize: (login, question, dialect = settings.semantics) => {
      const target = TARGETS[dialect](question);
      const refused = 'refused' in target ? target.refused : undefined;
      if (refused === 'topic_invalid') return answer('deny', refused);
      if (now() / 1000 >= login.endsAt) return answer('deny', 'token_expired');
      const end = findEnd(login);
      if (end !== undefined) return answer('deny', end);
      if (login.isSuperuser) return answer('allow', 'superuser');
      if ('refused' in target) return answer('deny', target.refused);
      if (login.rules === undefined) return open(settings.noMatch, 'acl_missing');
      return toAnswer(decideTopic(login.rules, question, target.levels), settings.noMatch);
    },
    ready: async () => void (await Promise.all(members.map(({ authenticator }) => authenticator.ready()))),
    close: () => {
      for (const { authenticator } of members) authenticator.close();
    },
  };
}

const TARGETS = { strict: readPlainTarget, emqx: readEmqxTarget, amqtt: readAmqttTarget } as const;

/** `allow_anonymous`: whoever brings neither a user name nor a password. */
const ANONYMOUS: Login = {
  authenticator: 'anonymous',
  principal: undefined,
  isFiled: false,
  isSuperuser: false,
  endsAt: Infinity,
  disconnectAt: Infinity,
  rules: EVERY_PLAIN_TOPIC,
};

interface Member {
  readonly authenticator: Authenticator;
  readonly isFor: Precondition;
}

function openMembers(options: MqttGuardOptions): Member[] {
  const { authentication } = options.settings;
  return authentication.flatMap((entry, index) => {
    if (!entry.enable) return [];
    const name = authentication.length === 1 ? entry.mechanism : `${entry.mechanism}[${index}]`;
    const isFor = entry.precondition === undefined ? () => true : compilePrecondition(entry.precondition);
    // The settings were refused where the expression cannot be read.
    if ('flaw' in isFor) return [];
    return [{ authenticator: openAuthenticator(entry, name, options), isFor }];
  });
}

function openAuthenticator(
  entry: AuthenticatorSettings,
  name: string,
  { settings, token, lookup, policy, revocations, now, report }: MqttGuardOptions,
): Authenticator {
  const { noMatch, securityProfile: profile, semantics } = settings;
  const means = { name, now, report, noMatch, limits: token };
  switch (entry.mechanism) {
    case 'jwt':
      return semantics === 'emqx' ? openEmqxJwt(entry, { ...means, profile }) : openStrictJwt(entry, means);
    case 'amqtt-jwt':
      return semantics === 'amqtt' ? openAmqttJwt(entry, means) : openStrictAmqtt(entry, means);
    case 'keys-dir':
      return openKeysDir(entry, { ...means, token, lookup, policy, revocations });
  }
}

async function askInOrder(members: readonly Member[], question: ConnectQuestion): Promise<ConnectAnswer> {
  let denial = deny('token_missing', 'No authenticator has an opinion about this client.');
  for (const { authenticator, isFor } of members) {
    if (!isFor(question)) continue;
    const outcome = await authenticator.login(question);
    if (outcome.kind === 'allowed') return { allowed: true, login: outcome.login };
    denial = outcome.denial;
    if (outcome.kind === 'denied') return { allowed: false, denial, authenticator: authenticator.name };
  }
  return { allowed: false, denial, authenticator: undefined };
}

/** Of logins by whichever authenticator: what is revoked is so for all of them. */
function makeFindEnd({ lookup, revocations, now }: MqttGuardOptions): MqttGuard['findEnd'] {
  return ({ principal, isFiled }) => {
    if (principal === undefined) return undefined;
    if (revocations.find(principal, now() / 1000) !== undefined) return 'token_revoked';
    return isFiled && !holdsKey(lookup, principal) ? 'key_unusable' : undefined;
  };
}

function holdsKey(lookup: MqttGuardOptions['lookup'], { issuer, thumbprint }: Principal): boolean {
  const filed = lookup(issuer);
  return filed?.usable === true && filed.keys.some((key) => key.thumbprint === thumbprint);
}

function refuseEnded(
  { principal, authenticator }: Login,
  end: LoginEnd | undefined,
): ConnectAnswer | undefined {
  if (end === undefined || principal === undefined) return undefined;
  return { allowed: false, denial: denyPrincipal(deny(end), principal), authenticator };
}

function toAnswer({ effect, rule }: TopicDecision, noMatch: 'allow' | 'deny'): TopicAnswer {
  if (effect === 'no_match') return open(noMatch, 'not_covered');
  if (effect === 'allow' && rule !== undefined) return answer('allow', 'covered', rule);
  return answer(effect, rule === undefined ? 'not_covered' : 'deny_rule', rule);
}

const answer = (effect: 'allow' | 'deny', reason: TopicReason, rule?: string): TopicAnswer => ({
  allowed: effect === 'allow',
  isOpen: false,
  reason,
  rule,
});

const open = (noMatch: 'allow' | 'deny', reason: TopicReason): TopicAnswer => ({
  allowed: noMatch === 'allow',
  isOpen: true,
  reason,
  rule: undefined,
});
