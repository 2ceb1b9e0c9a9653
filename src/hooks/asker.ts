// A broker's questions, put to the MQTT core: who connects, and what a client that has connected may do. The one place
// where a hook's question is told of, with the hook's name and what became of it.
import { type Denial, deny, denyPrincipal } from '../decision.ts';
import type { Login } from '../mqtt/login.ts';
import type { MqttGuard } from '../mqtt/mqtt-guard.ts';
import { type Decided, describeTopicAnswer, tellDecided } from '../mqtt/tell.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { TopicQuestion, TopicRules } from '../policy/topic-rules.ts';
import { type Client, digestPassword, type Session, type Sessions } from './sessions.ts';

export interface AskerMeans {
  readonly hook: string;
  readonly sessions: Sessions;
  /** The one of this moment. */
  readonly guard: () => MqttGuard;
  readonly recorder: Recorder;
}

export interface ConnectOptions {
  /** The client's address, where the broker says it. */
  readonly peerHost?: string | undefined;
  /** Later questions bring the password again, and count for whoever has it. */
  readonly bringsPassword?: boolean;
  /** The rules as the broker spells topics. */
  readonly spell?: (rules: TopicRules) => TopicRules;
}

export interface TopicOptions {
  /** Whose prefixes of topics count; those of `guard.mqtt.semantics` unless told. */
  readonly dialect?: 'emqx';
  /** It is asked for the broker's own sake, and a denial is no news. */
  readonly isQuiet?: boolean;
}

export class Asker {
  readonly #means: AskerMeans;

  constructor(means: AskerMeans) {
    this.#means = means;
  }

  /** Unix time in milliseconds. */
  nowMs(): number {
    return this.#means.recorder.now();
  }

  /** The login of a client that connects, which is remembered; undefined where it is refused. */
  async connect(
    client: Client,
    password: string | undefined,
    options: ConnectOptions = {},
  ): Promise<Login | undefined> {
    const { guard, recorder, sessions } = this.#means;
    const startedTick = recorder.tick();
    const { clientId, username } = client;
    const answer = await guard().connect({ clientId, username, password, peerHost: options.peerHost });
    const about = { action: 'connect', target: clientId, client: options.peerHost };
    if (!answer.allowed) {
      const { denial } = answer;
      this.#tell({ ...about, principal: denial.principal, denial }, startedTick);
      return undefined;
    }
    const login = spell(answer.login, options.spell);
    const digest = options.bringsPassword && password !== undefined ? digestPassword(password) : undefined;
    sessions.remember(client, login, digest);
    this.#tell({ ...about, principal: login.principal, denial: undefined }, startedTick);
    return login;
  }

  /** The login of a client that has connected and whose login is not over. */
  find(client: Client): Login | undefined {
    return this.#findSession(client)?.login;
  }

  /** The same of a question that brings the password: another one than that of the connect is a connect of its own. */
  async recall(client: Client, password: string, options: ConnectOptions = {}): Promise<Login | undefined> {
    const known = this.#findSession(client);
    if (known !== undefined && known.passwordDigest === digestPassword(password)) return known.login;
    return this.connect(client, password, { ...options, bringsPassword: true });
  }

  /** @param login undefined where nobody has connected, or whose login is over */
  mayUse(
    client: Client,
    login: Login | undefined,
    question: TopicQuestion,
    { dialect, isQuiet = false }: TopicOptions = {},
  ): boolean {
    const startedTick = this.#means.recorder.tick();
    const { action, topic: target } = question;
    if (login === undefined) {
      if (!isQuiet) this.#tellDenied({ action, target, client }, startedTick);
      return false;
    }
    const answer = this.#means.guard().authorize(login, question, dialect);
    const { principal, denial } = describeTopicAnswer(answer, login.principal);
    if (answer.allowed || !isQuiet)
      this.#tell({ action, target, client: undefined, principal, denial }, startedTick);
    return answer.allowed;
  }

  /** What the core has no say in: the broker's own resources, or who is free from rules. */
  tellOwn(action: string, target: string, client: Client, isAllowed: boolean): boolean {
    const login = isAllowed ? this.find(client) : undefined;
    if (!isAllowed) this.#tellDenied({ action, target, client });
    else this.#tell({ action, target, client: undefined, principal: login?.principal, denial: undefined });
    return isAllowed;
  }

  /** A question that could not be read. */
  tellBroken(denial: Denial): void {
    this.#tell({ action: 'none', target: undefined, client: undefined, principal: undefined, denial });
  }

  #tellDenied(
    { action, target, client }: { action: string; target: string; client: Client },
    startedTick?: number,
  ): void {
    const session = this.#means.sessions.find(client);
    const principal = session?.login.principal;
    const denial = deny('not_permitted', session === undefined ? NOT_CONNECTED : undefined);
    const told = principal === undefined ? denial : denyPrincipal(denial, principal);
    this.#tell({ action, target, client: undefined, principal, denial: told }, startedTick);
  }

  #findSession(client: Client): Session | undefined {
    const { sessions, guard, recorder } = this.#means;
    const session = sessions.find(client);
    if (session === undefined) return undefined;
    const isOver =
      recorder.now() / 1000 >= session.login.endsAt || guard().findEnd(session.login) !== undefined;
    return isOver ? undefined : session;
  }

  #tell(decided: Omit<Decided, 'hook' | 'grant' | 'upstreamStatus'>, startedTick?: number): void {
    const { action, target, client, principal, denial } = decided;
    const { recorder, hook } = this.#means;
    tellDecided(recorder, { action, target, client, principal, denial, hook }, startedTick);
  }
}

const NOT_CONNECTED = 'The guard knows of no connect of this client: after a restart it has to connect anew.';

function spell(login: Login, respell: ConnectOptions['spell']): Login {
  return respell === undefined || login.rules === undefined
    ? login
    : { ...login, rules: respell(login.rules) };
}
