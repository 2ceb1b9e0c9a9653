// The guard as a middleware of somebody else's Koa application and as a handler for node:http, Connect and Express. Knows
// these by their shapes alone, so that it goes with any version of them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from './identity.ts';
import { Visit, type VisitParts } from './visit.ts';

/** As much of Koa's context as is used, of Koa 2 and 3. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: { emit(name: 'error', error: unknown, ctx: unknown): unknown };
  // biome-ignore lint/suspicious/noExplicitAny: Koa's own type of its state
  state: any;
  respond?: boolean | undefined;
}

export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

export function makeKoaMiddleware(parts: VisitParts): KoaMiddleware {
  return async (ctx, next) => {
    const visit = new Visit(ctx.req, ctx.res, parts);
    const identity = visit.admit();
    if (identity === undefined) {
      ctx.respond = false;
      return;
    }
    ctx.state.guard = identity;
    try {
      await next();
    } catch (error) {
      if (visit.isOver || isMeantForCaller(error)) throw error;
      ctx.app.emit('error', error, ctx);
      ctx.respond = false;
      visit.fail(error);
    }
  };
}

/** What `ctx.throw(404)` throws: an answer that the program has chosen, not a failure. */
const isMeantForCaller = (error: unknown): boolean =>
  error instanceof Error && 'expose' in error && error.expose === true;

export type Next = (error?: unknown) => void;

/** @param next is there where Connect or Express has called */
export type GuardedHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  who: Identity,
  next: Next | undefined,
) => unknown;

export type Handler = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

export function makeHandler(handle: GuardedHandler, parts: VisitParts): Handler {
  return (req, res, next) => {
    const visit = new Visit(req, res, parts);
    const identity = visit.admit();
    if (identity !== undefined) void run(visit, () => handle(req, res, identity, next));
  };
}

async function run(visit: Visit, handle: () => unknown): Promise<void> {
  try {
    await handle();
  } catch (error) {
    visit.fail(error);
  }
}
