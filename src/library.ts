// The package's face for other programs: the guard without its listener. Reads no argument and no environment, hears no
// signal, ends no process; importing it does nothing.
import type { IncomingMessage } from 'node:http';
import { type Core, openCore } from './core.ts';
import { type Denial, deny } from './decision.ts';
import { type Explanation, explainToken } from './explain.ts';
import { Failure } from './failure.ts';
import { describeRefusal } from './http/refusal.ts';
import { Callers, type Identity, judgePrincipal, rolesOf } from './library/identity.ts';
import {
  type ActionOptions,
  type GuardedHandler,
  type Handler,
  type KoaContext,
  type KoaMiddleware,
  makeHandler,
  makeKoaMiddleware,
} from './library/middleware.ts';
import { type GuardOptions, readOptions } from './library/options.ts';
import { judgeQuestion, type Question } from './library/question.ts';
import type { VisitParts } from './library/visit.ts';
import { type AuditRecord, auditObserver } from './observe/audit/record.ts';
import { createRecorder } from './observe/recorder.ts';
import { createSeldomReport } from './observe/seldom.ts';
import { printError } from './steps/deny-failures.ts';

export { Failure, type Problem, SettingsFailure } from './failure.ts';
export type { TokenOptions } from './library/options.ts';
export type { IssuerOptions, PolicyOptions } from './library/policy-options.ts';
export type {
  ActionOptions,
  AuditRecord,
  Explanation,
  GuardedHandler,
  GuardOptions,
  Handler,
  Identity,
  KoaMiddleware,
  Question,
};

/** What `authenticate` says. `reason` and `message` are those that a caller may read. */
export type Authentication =
  | { readonly allowed: true; readonly principal: Identity }
  | {
      readonly allowed: false;
      readonly reason: string;
      /** The HTTP status that goes with the reason. */
      readonly status: number;
      readonly message: string;
    };

/** What `authorize` says. */
export type Authorization =
  | {
      readonly allowed: true;
      /** Null in observe mode, where nobody knows the path. */
      readonly action: string | null;
      /** Those that allow it. */
      readonly roles: readonly string[];
      readonly rule: string;
    }
  | {
      readonly allowed: false;
      readonly action: string | null;
      readonly reason: string;
      readonly status: number;
      readonly message: string;
    };

export interface OpenGuard {
  /** `app.use(guard.koa())`: refuses, or puts the caller into `ctx.state.guard`. Judges the token, and the action if told. */
  koa(options?: ActionOptions<KoaContext>): KoaMiddleware;
  /** For `http.createServer`, Connect and Express: refuses, or calls `handle`. */
  handler(handle: GuardedHandler, options?: ActionOptions<IncomingMessage>): Handler;
  /** Who is behind a token, the text after `Bearer`, or why nobody is. Leaves no record. */
  authenticate(token: string): Authentication;
  /**
   * Whether a caller whom `authenticate` or a middleware has named may do this, by the policy. Leaves no record.
   * @param question an action by its name, or a call of the broker's API; `client` is the address it comes from
   */
  authorize(principal: Identity, question: Question & { readonly client?: string }): Authorization;
  /** Every check of a token with its verdict, and the true reason: for the operator, not for the caller. */
  explain(token: string): Explanation;
  /** Stops following the keys directory and the revocations file. */
  close(): Promise<void>;
}

/**
 * Opens a guard over a directory of keys and follows it.
 * @throws SettingsFailure with every problem of the options; Failure `keys_unreadable` where the directory is
 *   missing, `revocations_unreadable` where the revocations file cannot be read
 */
export async function openGuard(options: GuardOptions): Promise<OpenGuard> {
  const settings = readOptions(options);
  const complain = (line: string) => console.error(`broker-guard: ${line}`);
  const report = containThrow('report', options.report ?? complain, complain);
  const tick = () => performance.now();
  const say = createSeldomReport(report, tick);
  const core = await openCore(settings, { now: Date.now, report }).catch(renameSetting);
  const recorder = createRecorder({
    observers: options.audit === undefined ? [] : [auditObserver(containThrow('audit', options.audit, say))],
    now: Date.now,
    tick,
  });
  const { profile } = core.policy.vocabulary;
  return toFace(core, { guard: core.guard, profile, callers: new Callers(), recorder, say });
}

function toFace(core: Core, parts: VisitParts): OpenGuard {
  return {
    koa: (options = {}) => makeKoaMiddleware(parts, readActionOptions(options)),
    handler(handle, options = {}) {
      if (typeof handle !== 'function')
        throw new TypeError('guard.handler(handle): handle must be a function');
      return makeHandler(handle, parts, readActionOptions(options));
    },
    authenticate: (token) => authenticate(parts, token),
    authorize: (principal, question) => authorize(parts, principal, question),
    explain: (token) => explainToken(typeof token === 'string' ? token : '', core, Date.now()),
    close: async () => core.close(),
  };
}

/** Passed over, a misspelled `action` would be judged by nobody. */
function readActionOptions<T extends object>(options: T): T {
  const unknown = Object.keys(options).filter((name) => name !== 'action');
  if (unknown.length > 0) throw new TypeError(`${unknown.join(', ')} is unknown; known here: action`);
  return options;
}

function authenticate({ guard, callers }: VisitParts, token: string): Authentication {
  const isThere = typeof token === 'string' && token !== '';
  const decision = isThere ? guard.authenticate(token) : deny('token_missing');
  const denial = decision.allowed ? judgePrincipal(decision.value) : decision;
  if (decision.allowed && denial === undefined)
    return { allowed: true, principal: callers.add(decision.value) };
  return { allowed: false, ...describe(denial as Denial) };
}

function authorize(
  parts: VisitParts,
  identity: Identity,
  { client, ...question }: Question & { readonly client?: string },
): Authorization {
  const { route, decision } = judgeQuestion(parts, parts.callers.find(identity), question, client);
  const action = route?.action.name ?? null;
  if (!decision.allowed) return { allowed: false, action, ...describe(decision) };
  return { allowed: true, action, roles: rolesOf(decision.value), rule: decision.value.rule };
}

function describe(denial: Denial) {
  const { row, reason, message } = describeRefusal(denial);
  return { reason, status: row.status, message };
}

/** The core speaks of settings in a file. */
function renameSetting(error: unknown): never {
  if (!(error instanceof Failure)) throw error;
  throw new Failure(
    error.code,
    error.message.replace(/^guard\.keys_dir/, 'keysDir').replace(/^guard\./, ''),
    { cause: error },
  );
}

/** An exception in a function of the program, thrown at once or later, must not fail the request or end the process. */
function containThrow<T>(
  name: string,
  call: (value: T) => unknown,
  report: (line: string) => void,
): (value: T) => void {
  const tell = (error: unknown) =>
    report(`the ${name} function of the program has thrown: ${printError(error)}`);
  return (value) => {
    try {
      const result = call(value);
      if (result instanceof Promise) result.catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}
