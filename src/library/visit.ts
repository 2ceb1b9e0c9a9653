// A request to somebody else's program on its way through the guard: recorded, judged by its token alone, refused in the
// guard's own words.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../guard.ts';
import type { AnswerConnection } from '../http/exchange.ts';
import { readHead } from '../http/head.ts';
import { writeRefusalAtOnce } from '../http/refusal.ts';
import { canonicalizeTarget, type Target } from '../http/target.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { refuse } from '../steps/answer-denials.ts';
import { judgeCredential } from '../steps/authenticate.ts';
import { denyFailure, printError } from '../steps/deny-failures.ts';
import { beginRecord } from '../steps/record.ts';
import { RequestState } from '../steps/state.ts';
import { type Identity, judgePrincipal, toIdentity } from './identity.ts';

export interface VisitParts {
  readonly guard: Guard;
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

  /** Who is calling; undefined where the request was refused, and is answered. */
  admit(): Identity | undefined {
    const state = this.#state;
    state.head = readHead(state.req);
    const denial = judgeCredential(state, this.#parts.guard) ?? judgePrincipal(state.principal);
    if (denial === undefined) return state.principal && toIdentity(state.principal);
    refuse(state, denial, writeRefusalAtOnce);
    return undefined;
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

/** The canonical path, where it has one; else as much of what was sent as a record should hold. */
function nameTarget(url: string): Target {
  const target = canonicalizeTarget(url, ANY_TARGET);
  if (target.allowed) return target.value;
  const [path = ''] = url.split('?', 1);
  return { path: path.slice(0, MAX_PATH_LENGTH), text: url };
}
