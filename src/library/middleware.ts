// The guard as a middleware of somebody else's Koa application and as a handler for node:http, Connect and Express. Knows
// these by their shapes alone, so that it goes with any version of them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isChosenAnswer } from '../steps/deny-failures.ts';
import type { Identity } from './identity.ts';
import { findRoutes, type Question } from './question.ts';
import { Visit, type VisitParts } from './visit.ts';

/** As much of Koa's context as is used, of Koa 2 and 3. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  readonly app: { emit(name: 'error', error: unknown, ctx: unknown): unknown };
  // biome-ignore lint/suspicious/noExplicitAny: Koa's own type of its state
  state: any;
  respond?: boolean | undefined;
}

export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** What a request asks for; without it the token alone is judged. */
export interface ActionOptions<Request> {
  /** An action by its name, or what makes one of each request. */
  readonly action?: string | ((request: Request) => string | Question);
}

/** @throws TypeError for an action that nobody knows */
function readAction<Request>(
  { action }: ActionOptions<Request>,
  { profile }: VisitParts,
): ((request: Request) => Question) | undefined {
  if (action === undefined) return undefined;
  if (typeof action === 'function') return (request) => toQuestion(action(request));
  findRoutes(action, profile);
  return () => ({ action });
}

const toQuestion = (asked: string | Question): Question =>
  typeof asked === 'string' ? { action: asked } : asked;

export function makeKoaMiddleware(parts: VisitParts, options: ActionOptions<KoaContext>): KoaMiddleware {
  const ask = readAction(options, parts);
  return async (ctx, next) => {
    const visit = new Visit(ctx.req, ctx.res, parts, ctx.originalUrl);
    const identity = visit.admit(ask && (() => ask(ctx)));
    if (identity === undefined) {
      ctx.respond = false;
      return;
    }
    ctx.state.guard = identity;
    try {
      await next();
    } catch (error) {
      if (visit.isOver || isChosenAnswer(error)) throw error;
      ctx.app.emit('error', error, ctx);
      ctx.respond = false;
      visit.fail(error);
    }
  };
}

export type Next = (error?: unknown) => void;

/** @param next present where Connect or Express is the caller */
export type GuardedHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  who: Identity,
  next: Next | undefined,
) => unknown;

export type Handler = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

export function makeHandler(
  handle: GuardedHandler,
  parts: VisitParts,
  options: ActionOptions<IncomingMessage>,
): Handler {
  const ask = readAction(options, parts);
  return (req, res, next) => {
    // Connect and Express shorten `url` below a mount point, and keep the whole of it here.
    const { originalUrl } = req as { originalUrl?: string };
    const visit = new Visit(req, res, parts, originalUrl);
    const identity = visit.admit(ask && (() => ask(req)));
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
