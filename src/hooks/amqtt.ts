// amqtt's HTTP plugins. It reads the status, or `ok` in the body, by its settings: both say the same.
import { mayUseByAcc } from './acc.ts';
import type { Adapter } from './adapter.ts';
import { NOT_OK, okWhere } from './answers.ts';
import type { Members } from './members.ts';
import type { Client } from './sessions.ts';

const readClient = (members: Members): Client => ({
  clientId: members.needName('client_id'),
  username: members.name('username'),
  place: '',
});

export const AMQTT: Adapter = {
  name: 'amqtt',
  hooks: [
    {
      path: 'amqtt/user',
      denied: NOT_OK,
      async ask({ members }, asker) {
        const login = await asker.connect(readClient(members), members.text('password'));
        return okWhere(login !== undefined);
      },
    },
    {
      path: 'amqtt/acl',
      denied: NOT_OK,
      ask({ members }, asker) {
        const client = readClient(members);
        return okWhere(mayUseByAcc(members, client, asker.find(client), asker));
      },
    },
  ],
  cacheAdvice: 'amqtt remembers nothing: it asks at each publish, subscription and delivery',
};
