// A request to somebody else's program on its way through the guard: recorded, judged by its token alone, refused in the
// guard's own words.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../guard.ts';
import type { AnswerConnection } from '../http/exchange.ts';
import { readHead } from '../http/head.ts';
import { canonicalizeTarget } from '../http/target.ts';
import type { Recorder } from '../observe/recorder.ts';
import { refuse } from '../steps/answer-denials.ts';
import { judgeCredential } from '../steps/authenticate.ts';
import { denyFailure } from '../steps/deny-failures.ts';
import { beginRecord } from '../steps/record.ts';
import { RequestState } from '../steps/state.ts';
import { type Identity, toIdentity } from './identity.ts';

export interface VisitParts {
  readonly guard: Guard;
  readonly recorder: Recorder;
  readonly report: (line: string) => void;
}

/** Node itself reads away a body that nobody has asked for: no answer has to end the connection. */
const NODES_OWN: AnswerConnection = { begin: () => undefined, end: () => undefined, endsWith: () => false };

/** For the record alone: which paths there are is the program's own matter. */
const ANY_TARGET = { basePath: '', basePathOnce: false, encodedSlashAllowed: true };

export class Visit {
  readonly #state: RequestState;
  readonly #parts: VisitParts;

  /** From here on the request leaves a record when its response closes. */
  constructor(req: IncomingMessage, res: ServerResponse, parts: VisitParts) {
    this.#parts = parts;
    this.#state = new RequestState(req, res);
    beginRecord(this.#state, parts.recorder, NODES_OWN);
    // Connect and Express shorten `url` below a mount point, and keep the whole of it here.
    const { originalUrl } = req as { originalUrl?: string };
    const target = canonicalizeTarget(originalUrl ?? req.url ?? '', ANY_TARGET);
    if (target.allowed) this.#state.target = target.value;
  }

  /** Who is calling; undefined where the request was refused, and is answered. */
  admit(): Identity | undefined {
    const state = this.#state;
    state.head = readHead(state.req);
    const denial = judgeCredential(state, this.#parts.guard);
    if (denial !== undefined) refuse(state, denial);
    return state.principal && toIdentity(state.principal);
  }

  /** The program's own code has thrown: the caller is told nothing of it, the operator all. */
  fail(error: unknown): void {
    refuse(this.#state, denyFailure(this.#state, error, this.#parts.report));
  }

  /** Nobody is left to be answered. */
  get isOver(): boolean {
    return this.#state.res.closed || this.#state.res.destroyed;
  }
}
