// EMQX's HTTP authenticator and authorizer. Its login takes the rules and their end along, so that EMQX need not ask again;
// where it does, a question has no token and finds the login. Status 200 with a word in it is the only answer that EMQX never
// takes for "ask the next".
import type { Login } from '../mqtt/login.ts';
import type { Adapter, HookAnswer } from './adapter.ts';
import { toEmqxRules } from './emqx-rules.ts';
import type { Members } from './members.ts';
import type { Client } from './sessions.ts';

const answer = (body: object): HookAnswer => ({ status: 200, body });
const DENIED = answer({ result: 'deny' });
const ALLOWED = answer({ result: 'allow' });

export const readClient = (members: Members): Client => ({
  clientId: members.needName('clientid'),
  username: members.name('username'),
  place: '',
});

/** EMQX's own words, or NanoMQ's numbers, which EMQX has as `access`. */
export function readAction(members: Members): 'publish' | 'subscribe' {
  if (members.take('action') === undefined)
    return members.word('access', ['1', '2']) === '1' ? 'subscribe' : 'publish';
  const word = members.word('action', ['publish', 'subscribe', '1', '2']);
  return word === 'subscribe' || word === '1' ? 'subscribe' : 'publish';
}

/** EMQX and RMQTT refuse a time that is half of what a clock in milliseconds would show. */
export const endAt = ({ endsAt, disconnectAt }: Login, nowMs: number): number | undefined => {
  const end = Math.min(endsAt, disconnectAt);
  return end === Number.POSITIVE_INFINITY ? undefined : Math.min(Math.floor(end), Math.floor(nowMs / 2) - 1);
};

export const EMQX: Adapter = {
  name: 'emqx',
  hooks: [
    {
      path: 'emqx/authn',
      denied: DENIED,
      async ask({ members }, asker) {
        const client = readClient(members);
        const peerHost = members.text('peerhost');
        const login = await asker.connect(client, members.text('password'), { peerHost });
        if (login === undefined) return DENIED;
        return answer({
          result: 'allow',
          is_superuser: login.isSuperuser,
          expire_at: endAt(login, asker.nowMs()),
          acl: login.rules && toEmqxRules(login.rules),
        });
      },
    },
    {
      path: 'emqx/authz',
      denied: DENIED,
      ask({ members }, asker) {
        const client = readClient(members);
        const question = {
          action: readAction(members),
          topic: members.needText('topic'),
          qos: members.qos(),
          retain: members.retain(),
        };
        const isAllowed = asker.mayUse(client, asker.find(client), question, { dialect: 'emqx' });
        return isAllowed ? ALLOWED : DENIED;
      },
    },
  ],
  cacheAdvice:
    'EMQX remembers answers of the authorizer for a minute by client (authorization.cache): set authorization.cache.enable = false, and no cache at the authenticator (cache.enable, cluster-wide authn_cache)',
};
