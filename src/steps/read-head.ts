// Reads the head of the request: one Host, one reading of the body's length, printable fields.
import { readHead as read } from '../http/head.ts';
import { defineStep, type Step } from './step.ts';

export const readHead = (): Step =>
  defineStep((ctx, next) => {
    const head = read(ctx.req);
    ctx.exchange.head = head;
    return head.denial ?? next(ctx);
  });
