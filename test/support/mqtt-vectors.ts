// The recorded cases of test/vectors, made into settings and questions: placeholders filled in, a JWKS served.

import { createServer } from 'node:http';
import { readMqtt } from '../../src/config/mqtt-reader.ts';
import { mqttSchema } from '../../src/config/mqtt-schema.ts';
import type { ConnectQuestion } from '../../src/mqtt/login.ts';
import { type MqttGuard, openMqttGuard } from '../../src/mqtt/mqtt-guard.ts';
import type { Qos, TopicAction } from '../../src/policy/topic-rules.ts';
import { listenOnLoopback } from './loopback.ts';
import { makePolicy } from './policy.ts';
import { NOTHING_REVOKED } from './revocations.ts';
import { TOKEN_RULES } from './token-rules.ts';
import { readVectors } from './vector-file.ts';

export interface Expected {
  readonly strict: { readonly answer: string; readonly firm?: boolean };
  readonly emqx?: string | { readonly legacy: string; readonly hardened: string };
  readonly amqtt?: string;
  readonly granted?: { readonly superuser: boolean; readonly expire_at_ms?: number };
}

export interface VectorTopic {
  readonly action: TopicAction;
  readonly topic: string;
  readonly qos?: Qos;
  readonly retain?: boolean;
  readonly clock?: number;
  readonly expected: Expected;
}

export interface VectorCase {
  readonly id: string;
  readonly title: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly clock: number;
  readonly connect: Readonly<Record<'clientid' | 'username' | 'password', string | null>> & {
    readonly peerhost?: string;
  };
  readonly token?: { readonly compact: string };
  readonly jwks?: { readonly status: number; readonly body: string };
  readonly expected: Expected;
  readonly topics?: readonly VectorTopic[];
}

interface VectorFile {
  readonly keys: Readonly<Record<string, string>>;
  readonly cases: readonly VectorCase[];
}

export const EMQX = readVectors<VectorFile>('emqx-jwt-cases.json');
export const AMQTT = readVectors<VectorFile>('amqtt-jwt-cases.json');

export interface Mode {
  readonly semantics: 'strict' | 'emqx' | 'amqtt';
  readonly security_profile?: 'legacy' | 'hardened';
}

export interface Replay {
  /** What comes of the login, then of each topic; `refused` where the settings are. */
  readonly login: string;
  readonly topics: readonly string[];
  /** What comes of each where `no_match` has decided too. */
  readonly allowed: readonly boolean[];
  readonly isSuperuser: boolean;
  readonly disconnectAt: number;
}

/** Asks a case's questions under a clock of its own. */
export async function replay(
  file: VectorFile,
  test: VectorCase,
  mechanism: string,
  mode: Mode,
): Promise<Replay> {
  const opened = await openCase(file, test, mechanism, mode);
  if (opened === undefined)
    return { login: 'refused', topics: [], allowed: [], isSuperuser: false, disconnectAt: 0 };
  return opened.ask().finally(opened.close);
}

/** The guard of a case, with a clock of its own; undefined where the settings are refused. */
export async function openCase(file: VectorFile, test: VectorCase, mechanism: string, mode: Mode) {
  const served = test.jwks === undefined ? undefined : await serve(test.jwks);
  let clock = test.clock;
  const setClock = (at: number): void => {
    clock = at;
  };
  const entry = { mechanism, ...fill(test.settings, file.keys, served?.url ?? '') };
  const block = mqttSchema.parse({ ...mode, authentication: [entry] });
  const source = { block, acceptsInsecureJwks: false, find: () => undefined, baseDirectory: '/nowhere' };
  const { settings, problems } = readMqtt(source);
  if (problems.length > 0) {
    served?.close();
    return undefined;
  }
  const now = () => clock * 1000;
  const guard = openMqttGuard({
    settings,
    token: TOKEN_RULES,
    policy: makePolicy(),
    revocations: NOTHING_REVOKED,
    lookup: () => undefined,
    now,
    report: () => undefined,
  });
  await guard.ready();
  const close = () => {
    guard.close();
    served?.close();
  };
  return { guard, now, setClock, connect: readConnect(test), ask: () => ask(guard, test, setClock), close };
}

function readConnect(test: VectorCase): ConnectQuestion {
  const token = test.token?.compact ?? '';
  const say = (text: string | null) => text?.replaceAll('{{token}}', () => token);
  const { clientid, username, password, peerhost } = test.connect;
  return {
    clientId: say(clientid) ?? '',
    username: say(username),
    password: say(password),
    peerHost: peerhost,
  };
}

async function ask(guard: MqttGuard, test: VectorCase, setClock: (at: number) => void): Promise<Replay> {
  const answer = await guard.connect(readConnect(test));
  if (!answer.allowed) {
    const login = answer.authenticator === undefined ? 'ignore' : 'deny';
    const topics = (test.topics ?? []).map(() => 'deny');
    return { login, topics, allowed: topics.map(() => false), isSuperuser: false, disconnectAt: 0 };
  }
  const answers = (test.topics ?? []).map(({ action, topic, qos = 0, retain = false, clock }) => {
    setClock(clock ?? test.clock);
    return guard.authorize(answer.login, { action, topic, qos, retain });
  });
  const allowed = answers.map((one) => one.allowed);
  const topics = answers.map((one) => (one.isOpen ? 'nomatch' : one.allowed ? 'allow' : 'deny'));
  const { isSuperuser, disconnectAt } = answer.login;
  return { login: 'allow', topics, allowed, isSuperuser, disconnectAt };
}

/** `{{pem:NAME}}` and `{{jwks}}` in whatever a block holds. */
function fill(
  settings: VectorCase['settings'],
  keys: VectorFile['keys'],
  jwks: string,
): Record<string, unknown> {
  const text = JSON.stringify(settings).replaceAll('{{jwks}}', jwks);
  const inside = (value: string) => JSON.stringify(value).slice(1, -1);
  return JSON.parse(text.replace(/\{\{pem:([^}]+)\}\}/g, (_, name) => inside(keys[name] ?? '')));
}

async function serve({ status, body }: { status: number; body: string }) {
  const server = createServer((_, answer) => answer.writeHead(status).end(body));
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}/jwks.json`, close: () => server.close() };
}
