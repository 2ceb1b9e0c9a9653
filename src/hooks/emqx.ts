// EMQX's HTTP authenticator and authorizer. Its login takes the rules and their end along, so that EMQX need not ask again;
// where it does, a question has no token and finds the login. Status 200 with a word in it is the only answer that EMQX never
// takes for "ask the next".
import type { Adapter, HookAnswer } from './adapter.ts';
import { connect, endAt, mayUse } from './emqx-members.ts';
import { toEmqxRules } from './emqx-rules.ts';

const answer = (body: object): HookAnswer => ({ status: 200, body });
const DENIED = answer({ result: 'deny' });
const ALLOWED = answer({ result: 'allow' });

export const EMQX: Adapter = {
  name: 'emqx',
  hooks: [
    {
      path: 'emqx/authn',
      denied: DENIED,
      async ask({ members }, asker) {
        const login = await connect(members, asker);
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
      ask: ({ members }, asker) => (mayUse(members, asker, { dialect: 'emqx' }) ? ALLOWED : DENIED),
    },
  ],
  cacheAdvice:
    'EMQX remembers answers of the authorizer for a minute by client (authorization.cache): set authorization.cache.enable = false, and no cache at the authenticator (cache.enable, cluster-wide authn_cache)',
};
