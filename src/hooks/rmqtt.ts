// RMQTT's rmqtt-auth-http. Any status but 200 would have it ask the next, so a denial is a 200 as well; without X-Cache it
// remembers no answer.
import type { Adapter, HookAnswer } from './adapter.ts';
import { endAt, readAction, readClient } from './emqx.ts';

const DENIED: HookAnswer = { status: 200, body: { result: 'deny' } };

export const RMQTT: Adapter = {
  name: 'rmqtt',
  hooks: [
    {
      path: 'rmqtt/auth',
      denied: DENIED,
      async ask({ members }, asker) {
        const peerHost = members.text('peerhost');
        const login = await asker.connect(readClient(members), members.text('password'), { peerHost });
        if (login === undefined) return DENIED;
        // Not as superuser: RMQTT would ask nothing more, also when the token has ended.
        const expireAt = endAt(login, asker.nowMs());
        return { status: 200, body: { result: 'allow', superuser: false, expire_at: expireAt } };
      },
    },
    {
      path: 'rmqtt/acl',
      denied: DENIED,
      ask({ members }, asker) {
        const client = readClient(members);
        const question = {
          action: readAction(members),
          topic: members.needText('topic'),
          qos: members.qos(),
          retain: members.retain(),
        };
        const isAllowed = asker.mayUse(client, asker.find(client), question);
        return isAllowed ? { status: 200, body: { result: 'allow' } } : DENIED;
      },
    },
  ],
  cacheAdvice:
    'RMQTT remembers answers only where they say so, which the guard’s do not: keep its rmqtt-acl plugin from allowing what is left open',
};
