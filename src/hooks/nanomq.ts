// NanoMQ's `http_auth`. Only the status counts: 200 is yes, anything else no, 204 too. A SUBSCRIBE comes as one question with
// all its filters, joined by commas; a question that brings the password needs no session.
import type { Login } from '../mqtt/login.ts';
import type { Adapter, HookAnswer, HookQuestion } from './adapter.ts';
import type { Asker } from './asker.ts';
import { readAction, readClient } from './emqx-members.ts';
import type { Client } from './sessions.ts';

const ALLOWED: HookAnswer = { status: 200, body: 'allow' };
const DENIED: HookAnswer = { status: 403, body: 'deny' };

/** Which NanoMQ itself publishes to when a client has come or gone, after asking in the client's name. */
const PRESENCE = '$SYS/brokers/client_status/';

async function findLogin(
  { members }: HookQuestion,
  client: Client,
  asker: Asker,
): Promise<Login | undefined> {
  const password = members.text('password');
  if (password === undefined) return asker.find(client);
  return asker.recall(client, password, { peerHost: members.text('peerhost') });
}

export const NANOMQ: Adapter = {
  name: 'nanomq',
  hooks: [
    {
      path: 'nanomq/auth',
      denied: DENIED,
      async ask({ members }, asker) {
        const options = { peerHost: members.text('peerhost'), bringsPassword: true };
        const login = await asker.connect(readClient(members), members.text('password'), options);
        return login === undefined ? DENIED : ALLOWED;
      },
    },
    {
      path: 'nanomq/super',
      denied: DENIED,
      async ask(question, asker) {
        const client = readClient(question.members);
        const login = await findLogin(question, client, asker);
        return asker.tellOwn('superuser', client.clientId, client, login?.isSuperuser === true)
          ? ALLOWED
          : DENIED;
      },
    },
    {
      path: 'nanomq/acl',
      denied: DENIED,
      async ask(question, asker) {
        const { members, settings } = question;
        const client = readClient(members);
        const action = readAction(members);
        const topic = members.needText('topic');
        const isPresence = action === 'publish' && topic === PRESENCE + client.clientId;
        // It is asked of clients that were refused as well, which is no attack: no token is tried, and no denial told.
        const login = isPresence ? asker.find(client) : await findLogin(question, client, asker);
        if (isPresence && settings.tellsPresence) return login === undefined ? DENIED : ALLOWED;
        const [qos, retain] = [members.qos(), members.retain()];
        const filters = action === 'subscribe' ? topic.split(',') : [topic];
        const options = { dialect: 'emqx', isQuiet: isPresence } as const;
        const mayUse = (one: string) =>
          asker.mayUse(client, login, { action, topic: one, qos, retain }, options);
        return filters.every(mayUse) ? ALLOWED : DENIED;
      },
    },
  ],
  cacheAdvice:
    'NanoMQ must not remember answers: leave auth.http_auth.cache_ttl out, or set it to 0s. Its cache cuts long passwords off, and a token is one',
};
