// A request's body, collected and read as NanoMQ reads it: whatever the Content-Type says, at most 1 MiB, never
// unpacked. Knows no route.

import type { Context, Middleware, Next } from 'koa';
import bodyParser from 'koa-bodyparser';
import { answerError, answerPage, CODE } from './answer.ts';
import { isObject, type Json, parseJson } from './json.ts';

/** `http_server.max_body` of a NanoMQ nobody configured. */
const MAX_BODY_BYTES = 1_048_576;

/** Only collects: where JSON.parse gives up, or would lose a member, NanoMQ may well read on. */
const collect: Middleware = bodyParser({
  enableTypes: ['json'],
  detectJSON: () => true,
  jsonLimit: String(MAX_BODY_BYTES),
  onerror(error, ctx) {
    if (!('body' in error)) throw error;
    ctx.request.rawBody = String(error.body);
  },
});

/** NanoMQ's HTTP server refuses by the length alone, before anybody is asked who they are. */
export async function refuseLargeBodies(ctx: Context, next: Next): Promise<void> {
  if (Number(ctx.headers['content-length'] ?? 0) > MAX_BODY_BYTES) answerPage(ctx, 400);
  else await next();
}

/**
 * Reads the body's JSON. Undefined: it is none, its sender has left, or it is chunked and grew too large (a body that
 * tells its length was refused before).
 */
export async function readBody(ctx: Context): Promise<Json | undefined> {
  // A packed body is not JSON to a broker that does not unpack.
  if (ctx.headers['content-encoding'] !== undefined) return undefined;
  try {
    await collect(ctx, async () => undefined);
  } catch {
    return undefined;
  }
  return parseJson(String(ctx.request.rawBody ?? ''));
}

/** For routes that take an object: 400 code 109 to everything else. */
export function takesObject(handle: (ctx: Context, body: Json) => void | Promise<void>): Middleware {
  return async (ctx) => {
    const body = await readBody(ctx);
    if (isObject(body)) await handle(ctx, body);
    else answerError(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
  };
}
