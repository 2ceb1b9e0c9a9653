// The package's face for other programs: the guard without its listener. Reads no argument and no environment, hears no
// signal, ends no process; importing it does nothing.
import { type Core, openCore } from './core.ts';
import { deny } from './decision.ts';
import { type Explanation, explainToken } from './explain.ts';
import { describeRefusal } from './http/refusal.ts';
import { type Identity, toIdentity } from './library/identity.ts';
import {
  type GuardedHandler,
  type Handler,
  type KoaMiddleware,
  makeHandler,
  makeKoaMiddleware,
} from './library/middleware.ts';
import { type GuardOptions, readOptions } from './library/options.ts';
import type { VisitParts } from './library/visit.ts';
import { type AuditRecord, auditObserver } from './observe/audit/record.ts';
import { createRecorder } from './observe/recorder.ts';

export { Failure, type Problem, SettingsFailure } from './failure.ts';
export type { TokenOptions } from './library/options.ts';
export type { AuditRecord, Explanation, GuardedHandler, GuardOptions, Handler, Identity, KoaMiddleware };

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

export interface OpenGuard {
  /** `app.use(guard.koa())`: refuses, or puts the caller into `ctx.state.guard`. */
  koa(): KoaMiddleware;
  /** For `http.createServer`, Connect and Express: refuses, or calls `handle`. */
  handler(handle: GuardedHandler): Handler;
  /** Who is behind a token, the text after `Bearer`, or why nobody is. Leaves no record. */
  authenticate(token: string): Authentication;
  /** Every check of a token with its verdict, and the true reason: for the operator, not for the caller. */
  explain(token: string): Explanation;
  /** Keys are followed no longer. */
  close(): Promise<void>;
}

/**
 * Opens a guard over a directory of keys and follows it.
 * @throws SettingsFailure with every problem of the options; Failure `keys_unreadable` where the directory is missing
 */
export async function openGuard(options: GuardOptions): Promise<OpenGuard> {
  const settings = readOptions(options);
  const report = options.report ?? ((line: string) => console.error(`broker-guard: ${line}`));
  const core = await openCore(settings, { now: Date.now, report });
  const recorder = createRecorder({
    observers: options.audit === undefined ? [] : [auditObserver(contain(options.audit, report))],
    now: Date.now,
    tick: () => performance.now(),
  });
  return toFace(core, { guard: core.guard, recorder, report });
}

function toFace(core: Core, parts: VisitParts): OpenGuard {
  return {
    koa: () => makeKoaMiddleware(parts),
    handler: (handle) => makeHandler(handle, parts),
    authenticate: (token) => authenticate(core, token),
    explain: (token) => explainToken(token, core, Date.now()),
    close: async () => core.close(),
  };
}

function authenticate({ guard }: Core, token: string): Authentication {
  const isThere = typeof token === 'string' && token !== '';
  const decision = isThere ? guard.authenticate(token) : deny('token_missing');
  if (decision.allowed) return { allowed: true, principal: toIdentity(decision.value) };
  const { row, reason, message } = describeRefusal(decision);
  return { allowed: false, reason, status: row.status, message };
}

/** What the program does with a record must not become the trouble of the request. */
function contain(audit: (record: AuditRecord) => void, report: (line: string) => void): typeof audit {
  return (record) => {
    try {
      audit(record);
    } catch (error) {
      report(`the audit function of the program has thrown: ${error instanceof Error ? error.stack : error}`);
    }
  };
}
