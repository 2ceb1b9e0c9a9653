// Tokens, user names, client ids and topics of any bytes and length: a decision in bounded time, never an exception.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK, HEADER, HMAC, openBlock, signTexts } from '../support/mqtt-guard.ts';
import { processorMs } from '../support/processor-time.ts';

const AMQTT = `mechanism = amqtt-jwt, secret_key = "a-secret-of-an-ordinary-length", user_claim = sub
  publish_claim = p, subscribe_claim = s, receive_claim = r`;
const BLOCKS = {
  strict: `authentication = [{ ${HMAC}, on_missing_jwt = ignore }, { ${AMQTT} }, { mechanism = keys-dir }]`,
  legacy: `semantics = emqx, security_profile = legacy, authentication { ${HMAC} }`,
  hardened: `semantics = emqx, authentication { ${HMAC} }`,
  amqtt: `semantics = amqtt, authentication { ${AMQTT} }`,
};

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant('\ud800'));
const topic = fc.oneof(
  text,
  fc.constantFrom('a/b', '#', '$share/g/a', '$delayed/1/a', '$queue/', '', '/', 'a/\0'),
);
const claims = fc.record(
  {
    exp: fc.oneof(fc.constant(CLOCK + 60), fc.jsonValue()),
    nbf: fc.jsonValue(),
    iat: fc.jsonValue(),
    sub: fc.oneof(text, fc.jsonValue()),
    acl: fc.oneof(
      fc.jsonValue(),
      fc.record({ pub: fc.array(topic), sub: fc.jsonValue() }),
      fc.array(
        fc.record({
          permission: fc.constant('allow'),
          action: fc.constant('all'),
          topic,
          qos: fc.jsonValue(),
        }),
      ),
    ),
    client_attrs: fc.jsonValue(),
    is_superuser: fc.jsonValue(),
    clientid_override: fc.jsonValue(),
    p: fc.jsonValue(),
    s: fc.jsonValue(),
  },
  { requiredKeys: ['exp'] },
);
const token = fc.oneof(
  text,
  claims.map((value) => signTexts(HEADER, JSON.stringify(value))),
  fc.tuple(text, text).map(([header, payload]) => signTexts(header, payload)),
  fc.json().map((header) => signTexts(header, '{}')),
);

describe.each(Object.entries(BLOCKS))('%s', (_, block) => {
  it('answers every question with a decision', async () => {
    const { guard } = openBlock(block);
    await fc.assert(
      fc.asyncProperty(
        fc.option(text, { nil: undefined }),
        text,
        token,
        topic,
        fc.constantFrom('publish', 'subscribe', 'receive'),
        async (username, clientId, password, name, action) => {
          const answer = await guard.connect({ clientId, username, password, peerHost: undefined });
          if (!answer.allowed) return;
          const question = { action, topic: name, qos: 0, retain: false } as const;
          expect(typeof guard.authorize(answer.login, question).allowed).toBe('boolean');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes no time over what is very long', async () => {
    const { ask } = openBlock(block);
    const long = 'a'.repeat(500_000);
    const acl = [{ permission: 'allow', action: 'all', topic: 'a', username_re: '^(a+)+$' }];
    const slow = signTexts(HEADER, JSON.stringify({ exp: CLOCK + 60, acl }));
    const before = processorMs();
    expect(await ask({ password: long })).toMatch(/^deny/);
    expect(await ask({ password: `${long}.${long}.${long}` })).toMatch(/^deny/);
    expect(await ask({ password: slow, username: `${'a'.repeat(60_000)}b` })).toMatch(/^deny/);
    expect(await ask({ password: slow, clientid: long, topic: long, action: 'publish' })).toMatch(/^deny/);
    expect(processorMs() - before).toBeLessThan(2_000);
  });
});
