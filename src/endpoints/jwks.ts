// The present public keys as a JWK Set (RFC 7517 §5), for whoever verifies the issuers' tokens elsewhere.
import type Router from '@koa/router';
import type { Core } from '../core.ts';
import { toJwkSetText } from '../keystore/jwks.ts';

/** @param core the core of this moment: a reload puts another in its place */
export function addJwks(router: Router, core: () => Core): void {
  router.get('/.well-known/jwks.json', (ctx) => {
    const { keys, settings } = core();
    ctx.type = 'application/jwk-set+json';
    ctx.body = toJwkSetText(keys.snapshot(), settings.token.algorithms[0] as string);
  });
}
