// A request to somebody else's program on its way through the guard: recorded, judged by its token and by the action that
// the program says it is, refused in the guard's own words.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allow, type Decision, type Principal } from '../decision.ts';
import type { Guard } from '../guard.ts';
import type { AnswerConnection } from '../http/exchange.ts';
import { readHead } from '../http/head.ts';
import { writeRefusalAtOnce } from '../http/refusal.ts';
import { canonicalizeTarget, type Target } from '../http/target.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import type { Route } from '../policy/broker-api.ts';
import type { Profile } from '../policy/profile.ts';
import { refuse } from '../steps/answer-denials.ts';
import { judgeCredential } from '../steps/authenticate.ts';
import { denyFailure, printError } from '../steps/deny-failures.ts';
import { beginRecord } from '../steps/record.ts';
import { RequestState } from '../steps/state.ts';
import { type Callers, type Identity, judgePrincipal } from './identity.ts';
import { judgeQuestion, type Question } from './question.ts';

export interface VisitParts {
  readonly guard: Guard;
  readonly profile: Profile;
  readonly callers: Callers;
  readonly recorder: Recorder;
  readonly say: SeldomReport;
}

/** Node itself reads away a body that nobody has asked for: no answer has to end the connection. */
const NODES_OWN: AnswerConnection = {
  peer: undefined,
  clientCertificate: undefined,
  begin: () => undefined,
  end: () => undefined,
  noteRefusedCredential: () => undefined,
  endsWith: () => false,
};

const MAX_PATH_LENGTH = 256;

/** Used only for the record's path: the program decides which paths exist. */
const ANY_TARGET = { roots: [''], rootOnce: false, takesSlash: () => true };

export class Visit {
  readonly #state: RequestState;
  readonly #parts: VisitParts;

  /**
   * From here on the request leaves a record when its response closes.
   * @param originalUrl the target before a mount point has cut it short
   */
  constructor(req: IncomingMessage, res: ServerResponse, parts: VisitParts, originalUrl = req.url ?? '') {
    this.#parts = parts;
    this.#state = new RequestState(req, res);
    beginRecord(this.#state, parts.recorder, NODES_OWN);
    this.#state.target = nameTarget(originalUrl);
  }

  /**
   * Who is calling; undefined where the request was refused, and is answered.
   * @param ask what is to be judged beside the token; undefined for nothing
   */
  admit(ask: (() => Question) | undefined): Identity | undefined {
    try {
      const decision = this.#judge(ask);
      if (decision.allowed) return decision.value;
      refuse(this.#state, decision, writeRefusalAtOnce);
    } catch (error) {
      this.fail(error);
    }
    return undefined;
  }

  #judge(ask: (() => Question) | undefined): Decision<Identity> {
    const state = this.#state;
    const { guard, callers } = this.#parts;
    state.head = readHead(state.req);
    const denial = judgeCredential(state, guard) ?? judgePrincipal(state.principal);
    if (denial !== undefined) return denial;
    const principal = state.principal as Principal;
    if (ask === undefined) return allow(callers.add(principal));
    const { route, decision } = judgeQuestion(this.#parts, principal, ask(), state.client);
    state.route = route && withoutPlace(route);
    if (!decision.allowed) return decision;
    state.grant = decision.value;
    return allow(callers.add(principal, { route, grant: decision.value }));
  }

  /** The program's own code has thrown: the caller is told nothing of it, the operator all. */
  fail(error: unknown): void {
    const what = `failed in the program behind the guard: ${printError(error)}`;
    refuse(this.#state, denyFailure(this.#state, what, this.#parts.say), writeRefusalAtOnce);
  }

  /** Nobody is left to be answered. */
  get isOver(): boolean {
    return this.#state.res.closed || this.#state.res.destroyed;
  }
}

/** The path of the record is the program's own: nothing of the broker's stands in it. */
const withoutPlace = (route: Route): Route => ({ ...route, targets: [], hasSecretPath: false });

/** The canonical path, where it has one; else as much of what was sent as a record should hold. */
function nameTarget(url: string): Target {
  const target = canonicalizeTarget(url, ANY_TARGET);
  if (target.allowed) return target.value;
  const [path = ''] = url.split('?', 1);
  return { path: path.slice(0, MAX_PATH_LENGTH), text: url };
}
