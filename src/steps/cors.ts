// Pages of other origins (CORS, the Fetch standard §3.3): which of them may call and read the answers. A preflight is
// answered here, without a token, and nothing of it is sent on. Cookies and the like are never let in.
import type { Denial } from '../decision.ts';
import { AUTHORIZATION } from '../http/credential.ts';
import { FORWARDED_FIELDS, readHead } from '../http/head.ts';
import { CONNECTION } from '../http/hop-by-hop.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** How long a browser may go without asking again. */
const MAX_AGE_SECONDS = '600';
const ALLOWED_FIELDS = [AUTHORIZATION, 'content-type', ...FORWARDED_FIELDS].join(', ');

export interface CorsRules {
  /** As browsers send them, compared to the letter. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
}

export function cors({ origins, methods }: CorsRules): Step {
  if (origins.length === 0) return defineStep((ctx, next) => next(ctx));
  const known = new Set(origins);
  const allowedMethods = methods.join(', ');
  return defineStep((ctx, next) => {
    const { exchange } = ctx;
    const { origin } = exchange.req.headers;
    const isAllowed = origin !== undefined && known.has(origin);
    // RFC 9110 §12.5.5: nobody in between may give the answer for one origin to another.
    exchange.answerFields = isAllowed ? [...VARY, ...permit(origin)] : VARY;
    if (!isAllowed || !isPreflight(exchange)) return next(ctx);
    ctx.respond = false;
    return answerPreflight(exchange, allowedMethods);
  });
}

const VARY = ['vary', 'origin'];
const permit = (origin: string): readonly string[] => [
  ...['access-control-allow-origin', origin],
  ...['access-control-expose-headers', 'x-request-id'],
];

const isPreflight = ({ req }: RequestState): boolean =>
  req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined;

function answerPreflight(exchange: RequestState, allowedMethods: string): Denial | undefined {
  const { req, res, id, answerFields } = exchange;
  exchange.head = readHead(req);
  if (exchange.head.denial !== undefined) return exchange.head.denial;
  exchange.isPreflight = true;
  const fields = [...answerFields, 'x-request-id', id];
  fields.push('access-control-allow-methods', allowedMethods);
  fields.push('access-control-allow-headers', ALLOWED_FIELDS, 'access-control-max-age', MAX_AGE_SECONDS);
  if (exchange.endsConnection()) fields.push(CONNECTION, 'close');
  res.writeHead(204, fields).end();
  return undefined;
}
