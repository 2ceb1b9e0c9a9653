// The parameter of a path, as it stands there: NanoMQ decodes no percent-escape, the router would.

import type { Context } from 'koa';

/** What the template's only parameter stands for. */
export function lastSegment(ctx: Context): string {
  const [segment = ''] = ctx.captures as readonly string[];
  return segment;
}
