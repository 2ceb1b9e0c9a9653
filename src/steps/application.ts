// A Koa application that costs a guarded request little: Koa's documented points (callback, compose, the context
// prototype) with a context that makes its parts when they are asked for. Anybody's middleware works in it as in Koa;
// test/steps/stock-koa.test.ts holds it beside one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { compose } from './compose.ts';
import { RequestState } from './state.ts';
import type { GuardContext } from './step.ts';

/** `handleRequest` is left out of the published types; it is the only way to Koa's own answer of `ctx.body`. */
interface Responding {
  handleRequest(ctx: GuardContext, middleware: () => Promise<void>): Promise<void>;
}

export class GuardApplication extends Koa {
  override callback(): ReturnType<Koa['callback']> {
    const run = compose(this.middleware);
    if (this.listenerCount('error') === 0) this.on('error', this.onerror);
    const makeContext = this.#defineContext();
    // Returns a promise only where a middleware had to wait.
    const handle = (req: IncomingMessage, res: ServerResponse): Promise<unknown> | undefined => {
      const ctx = makeContext(req, res);
      try {
        const outcome = run(ctx);
        if (!(outcome instanceof Promise)) return this.#respond(ctx);
        return outcome.then(() => this.#respond(ctx)).catch((error) => ctx.onerror(error));
      } catch (error) {
        ctx.onerror(error as Error);
        return undefined;
      }
    };
    return handle as ReturnType<Koa['callback']>;
  }

  /** What other people's middleware has put into `ctx.body`, written as Koa writes it. */
  #respond(ctx: GuardContext): Promise<void> | undefined {
    if (ctx.respond === false) return undefined;
    const { statusCode } = ctx.res;
    return (this as unknown as Responding).handleRequest(ctx, async () => {
      // Koa begins with 404, which would undo what the middleware has chosen.
      ctx.res.statusCode = statusCode;
    });
  }

  /** A context with Koa's members. Those that most requests of a guard never ask for are made on first use. */
  #defineContext(): (req: IncomingMessage, res: ServerResponse) => GuardContext {
    class LeanContext {
      readonly req: IncomingMessage;
      readonly res: ServerResponse;
      readonly originalUrl: string | undefined;
      respond: boolean | undefined = undefined;
      readonly exchange: RequestState;

      constructor(req: IncomingMessage, res: ServerResponse) {
        this.req = req;
        this.res = res;
        this.originalUrl = req.url;
        this.exchange = new RequestState(req, res);
        res.statusCode = 404;
      }
    }
    const prototype = Object.create(this.context, {
      app: { value: this, writable: true },
      request: { get: giveRequest, configurable: true },
      response: { get: giveResponse, configurable: true },
      state: { get: giveState, set: replaceState, configurable: true },
    });
    Object.setPrototypeOf(LeanContext.prototype, prototype);
    return (req, res) => new LeanContext(req, res) as unknown as GuardContext;
  }
}

function giveRequest(this: GuardContext): Koa.Request {
  return completeContext(this).request;
}

function giveResponse(this: GuardContext): Koa.Response {
  return completeContext(this).response;
}

function giveState(this: GuardContext): unknown {
  return setState(this, {});
}

function replaceState(this: GuardContext, state: unknown): void {
  setState(this, state);
}

function setState(ctx: GuardContext, value: unknown): unknown {
  Object.defineProperty(ctx, 'state', { value, writable: true, enumerable: true, configurable: true });
  return value;
}

/** Gives the context the members that Koa's own `createContext` would have given it, linked in the same way. */
function completeContext(ctx: GuardContext): GuardContext {
  const { app, req, res, originalUrl } = ctx;
  const request = Object.assign(Object.create(app.request), { app, req, res, ctx, originalUrl });
  const response = Object.assign(Object.create(app.response), { app, req, res, ctx, request });
  request.response = response;
  return Object.defineProperties(ctx, {
    request: { value: request, writable: true, enumerable: true, configurable: true },
    response: { value: response, writable: true, enumerable: true, configurable: true },
  });
}
