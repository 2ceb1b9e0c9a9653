// Recorded answers, replayed: as the guard gives them by its own rules, and as the brokers gave them.
import { describe, expect, it } from 'vitest';
import { AMQTT, EMQX, type Mode, replay, type VectorCase } from '../support/mqtt-vectors.ts';

describe('EMQX’s authenticator in the legacy profile', () => recorded('legacy'));
describe('EMQX’s authenticator in the hardened profile', () => recorded('hardened'));

function recorded(profile: 'legacy' | 'hardened'): void {
  const mode: Mode = { semantics: 'emqx', security_profile: profile };
  const of = (answer: string | { legacy: string; hardened: string } = '') =>
    typeof answer === 'string' ? answer : answer[profile];
  it.each(EMQX.cases.map((test) => [test.id, test] as const))('%s', async (_, test) => {
    const replayed = await replay(EMQX, test, 'jwt', mode);
    expect(replayed.login).toBe(of(test.expected.emqx));
    const topics = test.topics ?? [];
    // A packet that no broker takes is denied here.
    expect(replayed.topics).toEqual(
      topics.map(({ expected }) => of(expected.emqx).replace('invalid', 'deny')),
    );
    const { granted } = test.expected;
    if (granted === undefined || replayed.login !== 'allow') return;
    expect(replayed.isSuperuser).toBe(granted.superuser);
    expect(replayed.disconnectAt * 1000).toBe(granted.expire_at_ms ?? Infinity);
  });
}

describe('amqtt’s plugins', () => {
  // Its two plugins are one entry here, which has no way to leave one out.
  const cases = AMQTT.cases.filter(({ settings }) => settings.plugins === undefined);
  it.each(cases.map((test) => [test.id, test] as const))('%s', async (_, test) => {
    const replayed = await replay(AMQTT, test, 'amqtt-jwt', { semantics: 'amqtt' });
    expect(replayed.login === 'ignore' ? 'deny' : replayed.login).toBe(test.expected.amqtt);
    // It ends the connection, or falls over: the client gets nothing either way.
    const topics = (test.topics ?? []).map(({ expected }) =>
      expected.amqtt?.replace(/closes|exception/, 'deny'),
    );
    expect(replayed.topics).toEqual(test.expected.amqtt === 'allow' ? topics : replayed.topics);
  });
});

/** Where the recorded answer is open and the guard's rule another; each stands in docs/mqtt.md. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  // `${clientid}` in the rules, which neither a claim nor verify_claims ties to the token.
  ['EMQX override-empty', 'deny'],
  ['EMQX override-number', 'deny'],
  // An aud nobody asked for is ignored.
  ['amqtt aud-string', 'allow'],
  ['amqtt aud-array', 'allow'],
  ['amqtt aud-topics', 'allow'],
  // The entry has no name `plugins`.
  ['amqtt topic-only', 'refused'],
]);

describe('the guard’s own rules', () => {
  const asked = (name: string, cases: readonly VectorCase[]) =>
    cases.map((test) => [`${name} ${test.id}`, test] as const);
  it.each([...asked('EMQX', EMQX.cases), ...asked('amqtt', AMQTT.cases)])('%s', async (name, test) => {
    const isEmqx = name.startsWith('EMQX');
    const replayed = await replay(isEmqx ? EMQX : AMQTT, test, isEmqx ? 'jwt' : 'amqtt-jwt', {
      semantics: 'strict',
    });
    const { answer } = test.expected.strict;
    expect(replayed.login === 'ignore' ? 'deny' : replayed.login).toBe(DIFFERENT.get(name) ?? answer);
    if (DIFFERENT.has(name) || answer === 'refused') return;
    const topics = (test.topics ?? []).map(({ expected }) => expected.strict.answer);
    expect(replayed.topics.map((topic) => topic.replace('nomatch', 'deny'))).toEqual(topics);
  });
});
