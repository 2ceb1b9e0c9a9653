// The doors and the embedded broker give the same answers to the recorded topic questions: the embedded broker asks the core
// itself. EMQX's cases come in by its authorizer, amqtt's by its own.
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHooks } from '../support/hooks.ts';
import { AMQTT, EMQX, type Mode, openCase, type VectorCase } from '../support/mqtt-vectors.ts';

const withTopics = ({ cases }: { readonly cases: readonly VectorCase[] }) =>
  cases.filter(({ topics = [] }) => topics.length > 0);
const ACC = { publish: 2, subscribe: 4, receive: 1 } as const;

it('the recorded ones are all there', () => {
  const count = (file: typeof EMQX) => withTopics(file).flatMap(({ topics = [] }) => topics).length;
  expect([count(EMQX), count(AMQTT)]).toEqual([266, 98]);
});

const EMQX_MODES: Mode[] = [
  { semantics: 'emqx', security_profile: 'legacy' },
  { semantics: 'emqx', security_profile: 'hardened' },
];

describe.each(EMQX_MODES)('EMQX’s topic questions, by $semantics, $security_profile', (mode) => {
  it.each(withTopics(EMQX))('$id', async (test) => {
    const opened = await openCase(EMQX, test, 'jwt', mode);
    if (opened === undefined) return;
    onTestFinished(opened.close);
    const doors = await startHooks({
      hooks: 'emqx { enable = true }',
      judge: opened.guard,
      clock: opened.now,
    });
    const { clientId: clientid, username, password, peerHost: peerhost } = opened.connect;
    const { body } = await doors.ask({
      path: 'emqx/authn',
      body: { clientid, username, password, peerhost },
    });
    const embedded = await opened.ask();
    expect((body as { result: string }).result).toBe(embedded.login === 'allow' ? 'allow' : 'deny');
    for (const [index, { action, topic, qos = 0, retain = false, clock }] of (test.topics ?? []).entries()) {
      opened.setClock(clock ?? test.clock);
      const question = { clientid, username, topic, action, qos: String(qos), retain: String(retain) };
      const answer = await doors.ask({ path: 'emqx/authz', body: question });
      expect((answer.body as { result: string }).result, topic).toBe(
        embedded.allowed[index] ? 'allow' : 'deny',
      );
    }
  });
});

describe.each<Mode>([{ semantics: 'amqtt' }, { semantics: 'strict' }])(
  'amqtt’s topic questions, by $semantics',
  (mode) => {
    it.each(withTopics(AMQTT))('$id', async (test) => {
      const opened = await openCase(AMQTT, test, 'amqtt-jwt', mode);
      if (opened === undefined) return;
      onTestFinished(opened.close);
      const doors = await startHooks({
        hooks: 'amqtt { enable = true }',
        judge: opened.guard,
        clock: opened.now,
      });
      const { clientId: client_id, username, password } = opened.connect;
      const { status } = await doors.ask({ path: 'amqtt/user', body: { client_id, username, password } });
      const embedded = await opened.ask();
      expect(status).toBe(embedded.login === 'allow' ? 200 : 403);
      for (const [index, { action, topic, clock }] of (test.topics ?? []).entries()) {
        opened.setClock(clock ?? test.clock);
        const answer = await doors.ask({
          path: 'amqtt/acl',
          body: { client_id, username, topic, acc: ACC[action] },
        });
        expect(answer.status, topic).toBe(embedded.allowed[index] ? 200 : 403);
      }
    });
  },
);
