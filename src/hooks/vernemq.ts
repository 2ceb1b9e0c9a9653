// VerneMQ's vmq_webhooks, for MQTT 3.1.1 and 5: one endpoint, and a field that says which hook asks. It answers 200 whatever it
// says; `next` would ask another plugin, so it is never said. VerneMQ remembers what it may, by `max-age`.
import type { Login } from '../mqtt/login.ts';
import type { Adapter, HookAnswer, HookQuestion } from './adapter.ts';
import type { Asker } from './asker.ts';
import { BadQuestion, Members } from './members.ts';
import type { Client } from './sessions.ts';

const DENIED: HookAnswer = { status: 200, body: { result: { error: 'not_allowed' } } };

const readClient = (members: Members): Client => ({
  clientId: members.needName('client_id'),
  username: members.name('username'),
  place: members.name('mountpoint') ?? '',
});

/** What VerneMQ remembers must not outlive the token. */
function allow(body: object, login: Login, { settings }: HookQuestion, asker: Asker): HookAnswer {
  const leftMs = Math.min(login.endsAt, login.disconnectAt) * 1000 - asker.nowMs();
  const maxAgeSeconds = Math.floor(Math.min(settings.cacheMs, leftMs) / 1000);
  return { status: 200, body: { result: 'ok', ...body }, ...(maxAgeSeconds > 0 && { maxAgeSeconds }) };
}

async function register(question: HookQuestion, asker: Asker): Promise<HookAnswer> {
  const { members } = question;
  const options = { peerHost: members.text('peer_addr') };
  const login = await asker.connect(readClient(members), members.text('password'), options);
  return login === undefined ? DENIED : allow({}, login, question, asker);
}

function publish(question: HookQuestion, asker: Asker): HookAnswer {
  const { members } = question;
  const client = readClient(members);
  const login = asker.find(client);
  const [topic, qos, retain] = [members.needText('topic'), members.qos(), members.retain()];
  const isAllowed = asker.mayUse(client, login, { action: 'publish', topic, qos, retain });
  return isAllowed && login !== undefined ? allow({}, login, question, asker) : DENIED;
}

/** Each filter is answered by itself: 128 and 135 refuse one, in either version of MQTT. */
function subscribe(question: HookQuestion, asker: Asker, isVersion5: boolean): HookAnswer {
  const client = readClient(question.members);
  const login = asker.find(client);
  const refused = isVersion5 ? 135 : 128;
  let isAnyAllowed = false;
  const topics = readTopics(question.members).map((entry) => {
    const members = new Members(entry);
    const wanted = { topic: members.needText('topic'), qos: members.qos() };
    const isAllowed = asker.mayUse(client, login, { action: 'subscribe', ...wanted, retain: undefined });
    isAnyAllowed ||= isAllowed;
    return { ...entry, qos: isAllowed ? entry.qos : refused };
  });
  if (!isAnyAllowed || login === undefined) return DENIED;
  return allow(isVersion5 ? { modifiers: { topics } } : { topics }, login, question, asker);
}

function readTopics(members: Members): readonly Readonly<Record<string, unknown>>[] {
  const topics = members.take('topics');
  const isObject = (entry: unknown) => typeof entry === 'object' && entry !== null && !Array.isArray(entry);
  if (!Array.isArray(topics) || topics.length === 0 || !topics.every(isObject))
    throw new BadQuestion('topics is no list of objects');
  return topics;
}

export const VERNEMQ: Adapter = {
  name: 'vernemq',
  hooks: [
    {
      path: 'vernemq',
      denied: DENIED,
      ask(question, asker) {
        switch (question.field('vernemq-hook')) {
          case 'auth_on_register':
          case 'auth_on_register_m5':
            return register(question, asker);
          case 'auth_on_publish':
          case 'auth_on_publish_m5':
            return publish(question, asker);
          case 'auth_on_subscribe':
            return subscribe(question, asker, false);
          case 'auth_on_subscribe_m5':
            return subscribe(question, asker, true);
          default:
            throw new BadQuestion('the field vernemq-hook names no hook that is answered here');
        }
      },
    },
  ],
  cacheAdvice:
    'VerneMQ remembers what it was allowed for guard.mqtt.hooks.vernemq.cache, at most until the token ends: set cache = 0s, and a revocation counts from the next message on',
};
