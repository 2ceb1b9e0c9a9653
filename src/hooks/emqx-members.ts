// What EMQX, RMQTT and NanoMQ write alike in their questions, and the questions that EMQX and RMQTT ask alike.
import type { Login } from '../mqtt/login.ts';
import type { Asker, TopicOptions } from './asker.ts';
import type { Members } from './members.ts';
import type { Client } from './sessions.ts';

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

export function connect(members: Members, asker: Asker): Promise<Login | undefined> {
  const client = readClient(members);
  const peerHost = members.text('peerhost');
  return asker.connect(client, members.text('password'), { peerHost });
}

export function mayUse(members: Members, asker: Asker, options?: TopicOptions): boolean {
  const client = readClient(members);
  const question = {
    action: readAction(members),
    topic: members.needText('topic'),
    qos: members.qos(),
    retain: members.retain(),
  };
  return asker.mayUse(client, asker.find(client), question, options);
}

/** EMQX and RMQTT refuse a time that is half of what a clock in milliseconds would show. */
export const endAt = ({ endsAt, disconnectAt }: Login, nowMs: number): number | undefined => {
  const end = Math.min(endsAt, disconnectAt);
  return end === Number.POSITIVE_INFINITY ? undefined : Math.min(Math.floor(end), Math.floor(nowMs / 2) - 1);
};
