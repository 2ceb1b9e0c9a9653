// Public keys as a JWK Set (RFC 7517 §5), for whoever verifies the issuers' tokens elsewhere: brokers fetch it every
// few minutes, so it says when nothing has changed.
import { createHash } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';

/** Where EMQX's guide puts the set, beside the place RFC 8414 made usual. */
const PATHS = ['/.well-known/jwks.json', '/jwks.json'];

/** A key that was taken away is gone from every cache after this long. */
const CACHE_CONTROL = 'public, max-age=60';

/**
 * @param setOf the present set as JSON, of all issuers or of one; undefined where there is no such issuer. The same
 *   text until something changes.
 */
export function addJwks(router: Router, setOf: (issuer: string | undefined) => string | undefined): void {
  for (const path of PATHS) {
    router.get(path, (ctx) => {
      const { issuer } = ctx.query;
      const set = Array.isArray(issuer) ? undefined : setOf(issuer);
      if (set === undefined) refuse(ctx);
      else answer(ctx, set);
    });
  }
}

function answer(ctx: Context, set: string): void {
  ctx.set('cache-control', CACHE_CONTROL);
  ctx.etag = tagOf(set);
  ctx.type = 'application/jwk-set+json';
  ctx.body = set;
  // RFC 9110 §13.1.2
  if (ctx.fresh) ctx.status = 304;
}

function refuse(ctx: Context): void {
  ctx.status = 404;
  ctx.body = { message: 'There is no such issuer: leave ?issuer= out, or name one key file.' };
}

let latest: { readonly set: string; readonly tag: string } | undefined;

function tagOf(set: string): string {
  if (latest?.set !== set) latest = { set, tag: createHash('sha256').update(set).digest('base64url') };
  return latest.tag;
}
