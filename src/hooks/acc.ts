// What clients do with a topic in Mosquitto's numbers, which its plugin and amqtt's both send.
import type { Login } from '../mqtt/login.ts';
import type { TopicAction } from '../policy/topic-rules.ts';
import type { Asker } from './asker.ts';
import type { Members } from './members.ts';
import type { Client } from './sessions.ts';

/** 1 is asked at each delivery, about the topic of the message; 4 of a subscription's filter. */
const ACTIONS = {
  1: ['receive'],
  2: ['publish'],
  3: ['receive', 'publish'],
  4: ['subscribe'],
} as const satisfies Record<string, readonly TopicAction[]>;

export function mayUseByAcc(
  members: Members,
  client: Client,
  login: Login | undefined,
  asker: Asker,
): boolean {
  const topic = members.needText('topic');
  const actions: readonly TopicAction[] = ACTIONS[members.word('acc', ['1', '2', '3', '4'])];
  return actions.every((action) =>
    asker.mayUse(client, login, { action, topic, qos: undefined, retain: undefined }),
  );
}
