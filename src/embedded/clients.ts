// Routes about clients and their subscriptions. Field names: nanomq's rest_api.c (get_client_cb,
// get_subscriptions); `recv_msg` from its manual. Query parameters are ignored, as NanoMQ ignores them.

import type Router from '@koa/router';
import { answerData } from './answer.ts';
import type { Census, Session } from './census.ts';

/** `GET /clients`, by id and by user name; `GET /subscriptions`, all and by client. Nothing found is `[]`. */
export function addClientRoutes(router: Router, census: Census): void {
  const byId = (clientId = ''): readonly Session[] => {
    const session = census.session(clientId);
    return session === undefined ? [] : [session];
  };

  router.get('/clients', (ctx) => answerData(ctx, census.sessions.map(describeClient)));
  router.get('/clients/:clientid', (ctx) => answerData(ctx, byId(ctx.params.clientid).map(describeClient)));
  router.get('/clients/username/:username', (ctx) => {
    const named = census.sessions.filter(({ facts }) => facts.username === ctx.params.username);
    answerData(ctx, named.map(describeClient));
  });
  router.get('/subscriptions', (ctx) => answerData(ctx, census.sessions.flatMap(describeSubscriptions)));
  router.get('/subscriptions/:clientid', (ctx) =>
    answerData(ctx, byId(ctx.params.clientid).flatMap(describeSubscriptions)),
  );
}

function describeClient({ clientId, client, facts, isConnected, deliveredMessages }: Session): object {
  return {
    client_id: clientId,
    username: facts.username,
    keepalive: facts.keepaliveSeconds,
    ipv4: facts.address,
    conn_state: isConnected ? 'connected' : 'disconnected',
    clean_start: client.clean,
    proto_name: facts.protocolName,
    proto_ver: facts.protocolVersion,
    ...(facts.will && { will_topic: facts.will.topic, will_msg: facts.will.payload }),
    recv_msg: deliveredMessages,
  };
}

function describeSubscriptions({ clientId, subscriptions }: Session): readonly object[] {
  return [...subscriptions].map(([topic, qos]) => ({ clientid: clientId, topic, qos }));
}
