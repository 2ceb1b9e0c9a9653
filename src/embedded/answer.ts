// How NanoMQ answers over HTTP: its result codes, a plain JSON body, and the page its HTTP server answers by itself.
// Knows no route and no broker. Codes: `enum result_code` of nanomq's rest_api.h. The page has this broker's own text.

import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';

/** The result codes this broker gives, under NanoMQ's own names. */
export const CODE = {
  SUCCEED: 0,
  RPC_ERROR: 101,
  UNKNOWN_MISTAKE: 102,
  WRONG_USERNAME_OR_PASSWORD: 103,
  EMPTY_USERNAME_OR_PASSWORD: 104,
  MISSING_KEY_REQUEST_PARAMES: 107,
  REQ_PARAM_ERROR: 108,
  REQ_PARAMS_JSON_FORMAT_ILLEGAL: 109,
  PLUGIN_IS_CLOSED: 111,
  ILLEGAL_SUBJECT: 115,
  WRITE_CONFIG_FAILED: 118,
} as const;

export type Code = (typeof CODE)[keyof typeof CODE];

/** Answers with a JSON value. The Content-Type has no charset, as NanoMQ's has none. */
export function answerJson(ctx: Context, status: number, value: object): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = JSON.stringify(value);
}

/** Answers 200 `{"code":0,"data":…}`. */
export function answerData(ctx: Context, data: object): void {
  answerJson(ctx, 200, { code: CODE.SUCCEED, data });
}

/** Answers 200 `{"code":N}`: NanoMQ says many refusals with this status. */
export function answerCode(ctx: Context, code: Code): void {
  answerJson(ctx, 200, { code });
}

/** Answers an error `{"code":N}`. Its Content-Type is the request's; where that had none, it has none. */
export function answerError(ctx: Context, status: number, code: Code): void {
  ctx.status = status;
  ctx.body = JSON.stringify({ code });
  ctx.remove('Content-Type');
  const { 'content-type': given } = ctx.headers;
  if (given !== undefined) ctx.set('Content-Type', given);
}

/** Answers as NanoMQ's HTTP server does where its API is not asked. */
export function answerPage(ctx: Context, status: 400 | 404): void {
  const title = `${status} ${STATUS_CODES[status]}`;
  ctx.status = status;
  ctx.set('Content-Type', 'text/html; charset=UTF-8');
  ctx.body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
}
