// What connects have proved, for the questions after them that carry no token: one login for each client of a broker,
// bounded. A client id is one connection at a broker, so whoever takes it over takes its place here. A restart loses it.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Login } from '../mqtt/login.ts';
import type { TopicRules } from '../policy/topic-rules.ts';

/** Who is asked about. */
export interface Client {
  readonly clientId: string;
  readonly username: string | undefined;
  /** The mountpoint or the virtual host; the empty text where the broker has none. */
  readonly place: string;
}

export interface Session extends Client {
  readonly login: Login;
  /** Of the password, where later questions bring it again. */
  readonly passwordDigest: string | undefined;
  /** It proves nothing any more, and stays here only until its connection has been ended. */
  isOver: boolean;
}

/** Bytes of text a session may have on average: names are short, unless the user name is the token. */
const AVERAGE_TEXT = 1024;

/** Sets of rules that are held once, however many clients have them. */
const MAX_SHARED = 1000;
const MAX_SHARED_TEXT = 4 * 1024 * 1024;

export class Sessions {
  readonly #sessions: LRUCache<string, Session>;
  readonly #shared = new LRUCache<string, TopicRules>({
    max: MAX_SHARED,
    maxSize: MAX_SHARED_TEXT,
    sizeCalculation: (_, text) => text.length,
  });

  constructor(max: number) {
    this.#sessions = new LRUCache({
      max,
      maxSize: max * AVERAGE_TEXT,
      sizeCalculation: ({ clientId, username }, key) =>
        key.length + clientId.length + (username?.length ?? 0),
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  find(client: Client): Session | undefined {
    const session = this.#sessions.get(keyOf(client));
    if (session === undefined || session.isOver) return undefined;
    return session.username === client.username ? session : undefined;
  }

  remember(client: Client, login: Login, passwordDigest?: string): void {
    const session: Session = {
      clientId: own(client.clientId),
      username: client.username && own(client.username),
      place: client.place,
      login: this.#share(login),
      passwordDigest,
      isOver: false,
    };
    this.#sessions.set(keyOf(session), session);
  }

  /** Only while nobody has taken its place. */
  forget(session: Session): void {
    const key = keyOf(session);
    if (this.#sessions.peek(key) === session) this.#sessions.delete(key);
  }

  /** Whether somebody else has the client id since. */
  isTaken(session: Session): boolean {
    const latest = this.#sessions.peek(keyOf(session));
    return latest !== undefined && latest !== session;
  }

  /** All clients are to connect anew. */
  endAll(): void {
    for (const session of this.#sessions.values()) session.isOver = true;
  }

  all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** The same rules of another login, where one has them: most clients of a fleet do. */
  #share(login: Login): Login {
    const { rules } = login;
    if (rules === undefined) return login;
    const text = JSON.stringify(rules);
    const known = this.#shared.get(text);
    if (known === undefined) this.#shared.set(text, rules);
    if (known === undefined || known === rules) return login;
    const { authenticator, principal, isFiled, isSuperuser, endsAt, disconnectAt } = login;
    // Written out: an object that is spread takes more memory.
    return { authenticator, principal, isFiled, isSuperuser, endsAt, disconnectAt, rules: known };
  }
}

/** No name holds a NUL. */
const keyOf = ({ clientId, place }: Client): string =>
  place === '' ? clientId : own(`${place}\0${clientId}`);

/** A text that keeps no other alive: what is cut out of a request may hold on to all of it. */
const own = (text: string): string => Buffer.from(text).toString();

export const digestPassword = (password: string): string =>
  createHash('sha256').update(password).digest('base64');
