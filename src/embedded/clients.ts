// Routes about clients and their subscriptions. Field names and filters: nanomq's rest_api.c (get_clients,
// get_subscriptions). Like NanoMQ they take path and query as they stand: nothing is percent-decoded.

import type Router from '@koa/router';
import type { Context } from 'koa';
import { answerData, answerError, CODE } from './answer.ts';
import type { Census, Session } from './census.ts';
import { lastSegment } from './segment.ts';

/** `GET /clients`, by id and by user name; `GET /subscriptions`, all and by client. Nothing found is `[]`. */
export function addClientRoutes(router: Router, census: Census): void {
  const answerClients = (ctx: Context, isMeant: Filter = () => true): void => {
    const filters = readFilters(ctx.querystring);
    if (filters === undefined) {
      answerError(ctx, 400, CODE.REQ_PARAM_ERROR);
      return;
    }
    const found = census.sessions.filter(
      (session) => isMeant(session) && filters.every((has) => has(session)),
    );
    answerData(ctx, found.map(describeClient));
  };

  router.get('/clients', (ctx) => answerClients(ctx));
  router.get('/clients/:clientid', (ctx) =>
    answerClients(ctx, ({ clientId }) => clientId === lastSegment(ctx)),
  );
  router.get('/clients/username/:username', (ctx) =>
    answerClients(ctx, ({ facts }) => facts.username === lastSegment(ctx)),
  );
  router.get('/subscriptions', (ctx) => answerData(ctx, census.sessions.flatMap(describeSubscriptions)));
  router.get('/subscriptions/:clientid', (ctx) => {
    const session = census.session(lastSegment(ctx));
    answerData(ctx, session === undefined ? [] : describeSubscriptions(session));
  });
}

/** What the query may ask for, each compared as text. */
const FILTERS: ReadonlyMap<string, (session: Session) => string> = new Map([
  ['clientid', ({ clientId }: Session) => clientId],
  ['username', ({ facts }: Session) => facts.username],
  ['conn_state', describeState],
  ['clean_start', ({ client }: Session) => String(client.clean)],
  ['proto_name', ({ facts }: Session) => facts.protocolName],
  ['proto_ver', ({ facts }: Session) => String(facts.protocolVersion)],
]);

type Filter = (session: Session) => boolean;

/** Undefined: one of the parameters is none that NanoMQ knows. A part without a name or a value is no parameter. */
function readFilters(query: string): readonly Filter[] | undefined {
  const filters: Filter[] = [];
  for (const [, name = '', wanted] of query.matchAll(/(?<=^|&)([^=&]+)=([^&]+)/g)) {
    const read = FILTERS.get(name);
    if (read === undefined) return undefined;
    filters.push((session) => read(session) === wanted);
  }
  return filters;
}

function describeState({ isConnected }: Session): string {
  return isConnected ? 'connected' : 'disconnected';
}

function describeClient(session: Session): object {
  const { clientId, client, facts } = session;
  return {
    client_id: clientId,
    username: facts.username,
    keepalive: facts.keepaliveSeconds,
    conn_state: describeState(session),
    clean_start: client.clean,
    proto_name: facts.protocolName,
    proto_ver: facts.protocolVersion,
    ...(facts.will && { will_topic: facts.will.topic, will_msg: facts.will.payload }),
  };
}

function describeSubscriptions({ clientId, subscriptions }: Session): readonly object[] {
  return [...subscriptions].map(([topic, qos]) => ({ clientid: clientId, topic, qos }));
}
