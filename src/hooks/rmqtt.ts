// RMQTT's rmqtt-auth-http. Any status but 200 would have it ask the next, so a denial is a 200 as well; without X-Cache it
// remembers no answer.
import type { Adapter, HookAnswer } from './adapter.ts';
import { connect, endAt, mayUse } from './emqx-members.ts';

const DENIED: HookAnswer = { status: 200, body: { result: 'deny' } };

export const RMQTT: Adapter = {
  name: 'rmqtt',
  hooks: [
    {
      path: 'rmqtt/auth',
      denied: DENIED,
      async ask({ members }, asker) {
        const login = await connect(members, asker);
        if (login === undefined) return DENIED;
        // Not as superuser: RMQTT would ask nothing more, also when the token has ended.
        const expireAt = endAt(login, asker.nowMs());
        return { status: 200, body: { result: 'allow', superuser: false, expire_at: expireAt } };
      },
    },
    {
      path: 'rmqtt/acl',
      denied: DENIED,
      ask: ({ members }, asker) =>
        mayUse(members, asker) ? { status: 200, body: { result: 'allow' } } : DENIED,
    },
  ],
  cacheAdvice:
    'RMQTT remembers answers only where they say so, which the guard’s do not: keep its rmqtt-acl plugin from allowing what is left open',
};
