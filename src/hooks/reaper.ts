// Ends the connections of clients whose logins are over, at brokers that cannot be told when that is: over their management
// API, so many a second, and each with a record. Knows no broker's API.

import type { HookName } from '../config/hooks.ts';
import { deny } from '../decision.ts';
import type { MqttGuard } from '../mqtt/mqtt-guard.ts';
import { tellDecided } from '../mqtt/tell.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { OwnAnswer } from '../proxy/own-call.ts';
import type { Session, Sessions } from './sessions.ts';

/** One call of the management API. */
export type CallApi = (method: string, target: string) => Promise<OwnAnswer>;

/** What became of a session's connection; undefined where none was found, which may only not be listed yet. */
export type EndConnection = (session: Session, call: CallApi) => Promise<OwnAnswer | undefined>;

/** Opens a round, in which what is asked of all connections is asked once. */
export type Ending = () => EndConnection;

export interface ReaperParts {
  readonly hook: HookName;
  readonly sessions: () => Sessions | undefined;
  readonly guard: () => MqttGuard;
  readonly call: CallApi;
  readonly ending: Ending;
  readonly recorder: Recorder;
}

/** Ends in one round, of which there is one a second. */
const MOST_ENDS = 50;

/** A management API may list a connection only seconds after it was made. */
const TRIES = 4;
const RETRY_MS = 5_000;

interface Wanted {
  readonly session: Session;
  /** Why it is over, for the record. */
  readonly reason: string;
  tries: number;
  notBefore: number;
}

export class Reaper {
  readonly #parts: ReaperParts;
  readonly #wanted = new Map<Session, Wanted>();
  #isRunning = false;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  /** To be called about once a second; one round at a time. */
  async round(): Promise<void> {
    const sessions = this.#parts.sessions();
    if (this.#isRunning || sessions === undefined) return;
    this.#isRunning = true;
    try {
      for (const session of sessions.all()) this.#note(session);
      await this.#endSome(sessions);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Questions about one that is over are denied from now on, whatever becomes of its connection. */
  #note(session: Session): void {
    if (this.#wanted.has(session)) return;
    const now = this.#parts.recorder.now();
    const isPast = now >= session.login.disconnectAt * 1000;
    const end = isPast ? 'token_expired' : this.#parts.guard().findEnd(session.login);
    const reason = end ?? (session.isOver ? 'settings' : undefined);
    if (reason === undefined) return;
    session.isOver = true;
    this.#wanted.set(session, { session, reason, tries: TRIES, notBefore: now });
  }

  async #endSome(sessions: Sessions): Promise<void> {
    const now = this.#parts.recorder.now();
    const due = [...this.#wanted.values()].filter(({ notBefore }) => notBefore <= now);
    const end = this.#parts.ending();
    for (const wanted of due.slice(0, MOST_ENDS)) {
      // Whoever has connected anew in its place keeps the connection.
      const isDone = sessions.isTaken(wanted.session) || (await this.#end(wanted, end));
      if (!isDone && wanted.tries > 0) continue;
      this.#wanted.delete(wanted.session);
      sessions.forget(wanted.session);
    }
  }

  async #end(wanted: Wanted, end: EndConnection): Promise<boolean> {
    const { call, recorder } = this.#parts;
    const startedTick = recorder.tick();
    const answer = await end(wanted.session, call);
    wanted.tries--;
    wanted.notBefore = recorder.now() + RETRY_MS;
    if (answer === undefined) return false;
    this.#tell(wanted, answer, startedTick);
    return 'status' in answer && isDone(answer.status);
  }

  #tell({ session, reason }: Wanted, answer: OwnAnswer, startedTick: number): void {
    const { hook, recorder } = this.#parts;
    const status = 'status' in answer ? answer.status : undefined;
    const failed = 'failed' in answer ? answer.failed : isDone(answer.status) ? undefined : 'upstream_broken';
    const decided = {
      action: 'disconnect',
      target: session.clientId,
      client: undefined,
      principal: session.login.principal,
      denial: failed && deny(failed),
      hook,
      grant: { role: undefined, rule: reason },
      upstreamStatus: status,
    };
    tellDecided(recorder, decided, startedTick);
  }
}

const isDone = (status: number): boolean => (status >= 200 && status < 300) || status === 404;
