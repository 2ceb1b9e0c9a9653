// Whom the service listener answers: a web page whose own name resolves to this machine (DNS rebinding) could otherwise
// have its visitors' browsers read what only this network may read. Knows no route.
import { isIP } from 'node:net';
import type { Middleware } from 'koa';
import type { Settings } from '../config/settings.ts';

/** RFC 9112 §3.2: `uri-host [ ":" port ]`. */
const HOST_FIELD = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/;

/** @param settings of this moment */
export const requireKnownHost =
  (settings: () => Known): Middleware =>
  async (ctx, next) => {
    if (isKnown(ctx.req.headers.host, settings())) return next();
    // RFC 9110 §15.5.20.
    ctx.status = 421;
    ctx.body = {
      message: 'Not here. Use the address of this listener, localhost, or a name of guard.service.hosts.',
    };
  };

type Known = Pick<Settings, 'service' | 'serviceClients'>;

/** A page has a name of its own, and its browser always says it. */
function isKnown(field: string | undefined, { service, serviceClients }: Known): boolean {
  if (field === undefined) return true;
  const [, literal, name = ''] = HOST_FIELD.exec(field) ?? [];
  if (literal !== undefined) return isIP(literal) === 6;
  const host = name.toLowerCase();
  if (host === 'localhost' || isIP(host) === 4 || serviceClients.hosts.includes(host)) return true;
  return service.kind === 'tcp' && service.host.toLowerCase() === host;
}
