// The body, judged by the head alone: nothing of it has been read yet.
import { type Denial, deny } from '../decision.ts';
import { denyTooLarge } from '../proxy/body.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** @param limits `maxBodyBytes`: the broker's `http_server.max_body` */
export const judgeBody = (limits: { readonly maxBodyBytes: number }): Step =>
  defineStep((ctx, next) => judge(ctx.exchange, limits.maxBodyBytes) ?? next(ctx));

export const denyEncryptedBodies = (): Denial =>
  deny(
    'body_invalid',
    'This guard cannot exchange encrypted bodies (bodyEncode 1) yet. Use a token with bodyEncode 0, or have guard.token.body_encode set to plain.',
  );

function judge({ head, req, principal }: RequestState, maxBodyBytes: number): Denial | undefined {
  if (principal?.bodyEncode === 1) return denyEncryptedBodies();
  const isBodiless = req.method === 'GET' || req.method === 'HEAD';
  if (isBodiless && head?.announcesBody) return deny('body_not_expected');
  return (head?.contentLength ?? 0) > maxBodyBytes ? denyTooLarge(maxBodyBytes) : undefined;
}
