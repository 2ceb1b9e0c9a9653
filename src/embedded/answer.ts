// How NanoMQ answers over HTTP: its result codes and a plain JSON or text body.
// Knows no route and no broker. Codes: `enum result_code` of nanomq's rest_api.h.

import type { Context } from 'koa';

/** The result codes this broker gives, under NanoMQ's own names. */
export const CODE = {
  SUCCEED: 0,
  UNKNOWN_MISTAKE: 102,
  WRONG_USERNAME_OR_PASSWORD: 103,
  EMPTY_USERNAME_OR_PASSWORD: 104,
  REQ_PARAM_ERROR: 108,
  REQ_PARAMS_JSON_FORMAT_ILLEGAL: 109,
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

/** Answers `{"code":N}`. NanoMQ says many refusals with status 200, so both numbers are the caller's choice. */
export function answerCode(ctx: Context, status: number, code: Code): void {
  answerJson(ctx, status, { code });
}
