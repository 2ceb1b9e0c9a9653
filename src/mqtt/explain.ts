// What a client may do and why: one question, a login of its own and then the topic, answered in words. The same
// answers that every door gives.
import { type Denial, REASONS } from '../decision.ts';
import type { Qos, TopicAction } from '../policy/topic-rules.ts';
import type { ConnectAnswer, MqttGuard, TopicAnswer } from './mqtt-guard.ts';

/** `connect`, or what is asked after it. */
export interface MqttQuestion {
  readonly clientid: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly peerhost: string | undefined;
  readonly action: 'connect' | TopicAction;
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** Members are released words. */
export interface MqttExplanation {
  readonly decision: 'allow' | 'deny';
  /** Null where no authenticator had an opinion. */
  readonly authenticator: string | null;
  /** Null where no rule decided. */
  readonly rule: string | null;
  readonly reason: string;
  /** The reason as a sentence. */
  readonly message: string;
}

export async function explainMqtt(guard: MqttGuard, question: MqttQuestion): Promise<MqttExplanation> {
  const { clientid: clientId, username, password, peerhost: peerHost, action } = question;
  const connected = await guard.connect({ clientId, username, password, peerHost });
  if (!connected.allowed) return explainDenial(connected);
  const { login } = connected;
  if (action === 'connect') {
    return describe('allow', login.authenticator, null, 'valid', 'The client may connect.');
  }
  const { topic, qos, retain } = question;
  const answer = guard.authorize(login, { action, topic, qos, retain });
  const decision = answer.allowed ? 'allow' : 'deny';
  return describe(decision, login.authenticator, answer.rule ?? null, answer.reason, explainTopic(answer));
}

const describe = (
  decision: 'allow' | 'deny',
  authenticator: string | null,
  rule: string | null,
  reason: string,
  message: string,
): MqttExplanation => ({ decision, authenticator, rule, reason, message });

function explainDenial({
  denial,
  authenticator,
}: ConnectAnswer & { readonly allowed: false }): MqttExplanation {
  return describe('deny', authenticator ?? null, null, denial.reason, explainConnect(denial));
}

/** The table's sentence is about an HTTP request where it speaks of a missing token. */
export function explainConnect({ reason, detail }: Denial): string {
  if (reason === 'token_missing') return detail ?? 'CONNECT brings no token.';
  return [TRUE_REASONS[reason] ?? REASONS[reason].message, detail].filter(Boolean).join(' ');
}

/** Whoever runs the guard may read what the table hides from callers. */
const TRUE_REASONS: Partial<Record<Denial['reason'], string>> = {
  issuer_unknown: 'No key file has the name that iss says.',
  key_unusable: 'No key can be used for this token.',
  signature_invalid: 'No key made this signature.',
};

const SENTENCES: Record<TopicAnswer['reason'], string> = {
  superuser: 'The token frees from every rule (is_superuser).',
  covered: 'A rule allows it.',
  deny_rule: 'A rule denies it.',
  not_covered: 'No rule allows it.',
  acl_missing: 'The token has no rules.',
  token_expired: 'The token has expired.',
  token_revoked: 'The token has been revoked.',
  key_unusable: 'The key of the token is gone.',
  topic_invalid: 'MQTT knows no such topic.',
};

function explainTopic({ reason, isOpen, allowed }: TopicAnswer): string {
  const what = SENTENCES[reason];
  return isOpen ? `${what} guard.mqtt.no_match ${allowed ? 'allows' : 'denies'} it.` : what;
}

const ACTIONS = ['connect', 'publish', 'subscribe', 'receive'] as const;

/** One line of JSON as a question; or what is wrong with it. Unknown members are passed over. */
export function readQuestion(line: string): MqttQuestion | { readonly flaw: string } {
  let members: Readonly<Record<string, unknown>>;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { flaw: 'is no object' };
    members = value as Record<string, unknown>;
  } catch {
    return { flaw: 'is no JSON' };
  }
  const { clientid = '', action = 'connect', qos = 0, retain = false, topic = '' } = members;
  const isNull = (value: unknown) => value === undefined || value === null;
  const texts = ['username', 'password', 'peerhost'].filter((name) => !isNull(members[name]));
  for (const name of texts)
    if (typeof members[name] !== 'string') return { flaw: `has a ${name} that is no text` };
  if (typeof clientid !== 'string' || typeof topic !== 'string')
    return { flaw: 'has a clientid or topic that is no text' };
  const known = ACTIONS.find((name) => name === action);
  if (known === undefined) return { flaw: `has an action that is none of ${ACTIONS.join(', ')}` };
  if (qos !== 0 && qos !== 1 && qos !== 2) return { flaw: 'has a qos that is not 0, 1 or 2' };
  if (typeof retain !== 'boolean') return { flaw: 'has a retain that is not true or false' };
  const text = (name: string) => (isNull(members[name]) ? undefined : (members[name] as string));
  return {
    clientid,
    username: text('username'),
    password: text('password'),
    peerhost: text('peerhost'),
    action: known,
    topic,
    qos,
    retain,
  };
}
