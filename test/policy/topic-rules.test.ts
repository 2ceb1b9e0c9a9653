// One ordered list of rules: what it allows, it allows of every topic; and many rules decide as few do.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFlaw, readAclClaim } from '../../src/policy/acl-claim.ts';
import { compileAcl } from '../../src/policy/compile-acl.ts';
import { isTopicFilter, isTopicName, matches, splitTopic } from '../../src/policy/topic.ts';
import { decideTopic, type TopicAction, type TopicRules } from '../../src/policy/topic-rules.ts';

function compile(acl: unknown, values: Record<string, string> = {}): TopicRules {
  const claim = readAclClaim('acl', acl);
  if (isFlaw(claim)) throw new Error(claim.flaw);
  return compileAcl(claim, (name) => values[name], 'deny');
}

function decide(rules: TopicRules, action: TopicAction, topic: string, extra: object = {}) {
  return decideTopic(rules, { action, topic, qos: 0, retain: false, ...extra }, splitTopic(topic));
}

const LEVELS = ['a', 'b', '', '$s'];
const NAMES = LEVELS.flatMap((one) => [
  one,
  ...LEVELS.flatMap((two) => [`${one}/${two}`, ...LEVELS.map((three) => `${one}/${two}/${three}`)]),
]).filter(isTopicName);
const filter = fc
  .array(fc.constantFrom('a', 'b', '', '+', '$s'), { minLength: 1, maxLength: 3 })
  .chain((levels) => fc.boolean().map((isOpen) => (isOpen ? [...levels.slice(0, 2), '#'] : levels).join('/')))
  .filter(isTopicFilter);
const rule = fc.record({
  permission: fc.constantFrom('allow', 'deny'),
  action: fc.constantFrom('sub', 'pub', 'all'),
  topics: fc.array(
    fc.oneof(
      filter,
      filter.map((text) => `eq ${text}`),
    ),
    { maxLength: 3 },
  ),
});

describe('an ordered list of rules', () => {
  it('allows a subscription only where it allows every delivery it can bring', () => {
    const plain = fc.record({
      permission: fc.constantFrom('allow', 'deny'),
      action: fc.constant('sub'),
      topics: fc.array(filter, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 6 }), filter, (acl, asked) => {
        const rules = compile(acl);
        if (decide(rules, 'subscribe', asked).effect !== 'allow') return;
        const brought = NAMES.filter((name) => matches(splitTopic(asked), splitTopic(name)));
        for (const name of brought) expect(decide(rules, 'receive', name).effect, name).toBe('allow');
      }),
      { numRuns: 2_000 },
    );
  });

  it('decides the same with many rules that are about something else', () => {
    const others = Array.from({ length: 40 }, (_, index) => ({
      permission: 'allow',
      action: 'all',
      topic: `z/${index}/#`,
    }));
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), fc.constantFrom(...NAMES), (acl, name) => {
        const [few, many] = [compile(acl), compile([...others.slice(20), ...acl, ...others.slice(0, 20)])];
        for (const action of ['publish', 'receive', 'subscribe'] as const)
          expect(decide(many, action, name).effect).toBe(decide(few, action, name).effect);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a delivery is one of what was subscribed to by eq, and a deny rule with eq is about its text alone', () => {
    const rules = compile([
      { permission: 'deny', action: 'all', topic: 'eq #' },
      { permission: 'allow', action: 'sub', topic: 'eq a/#' },
      { permission: 'allow', action: 'pub', topic: '#' },
    ]);
    expect(decide(rules, 'subscribe', '#').effect).toBe('deny');
    expect(decide(rules, 'subscribe', 'a/#').effect).toBe('allow');
    expect(decide(rules, 'subscribe', 'a/b').effect).toBe('deny');
    expect(decide(rules, 'receive', 'a/b').effect).toBe('allow');
    expect(decide(rules, 'receive', 'b').effect).toBe('deny');
    expect(decide(rules, 'publish', 'a').effect).toBe('allow');
  });

  it('a deny rule with a filter that MQTT does not know is about every topic, an allow rule about none', () => {
    expect(
      decide(compile([{ permission: 'allow', action: 'all', topics: ['a#', 'a/#/b'] }]), 'publish', 'a')
        .effect,
    ).toBe('deny');
    const denying = [
      { permission: 'deny', action: 'pub', topic: 'a#' },
      { permission: 'allow', action: 'all', topic: '#' },
    ];
    expect(decide(compile(denying), 'publish', 'x').rule).toBe('acl[0]');
    expect(decide(compile(denying), 'subscribe', 'x').effect).toBe('allow');
  });
});
