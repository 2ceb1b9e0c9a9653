// What EMQX is handed with a login never opens more than the core would.
import { describe, expect, it } from 'vitest';
import { toEmqxRules } from '../../src/hooks/emqx-rules.ts';
import { type AclClaim, readAclClaim } from '../../src/policy/acl-claim.ts';
import { compileAcl } from '../../src/policy/compile-acl.ts';

const translate = (
  claim: unknown,
  values: Record<string, string> = {},
  noMatch: 'allow' | 'deny' | 'no_match' = 'deny',
) => toEmqxRules(compileAcl(readAclClaim('acl', claim) as AclClaim, (name) => values[name], noMatch));
const rule = (permission: string, action: string, topic: string, more: object = {}) => ({
  permission,
  action,
  topic,
  ...more,
});
const END = { permission: 'deny', action: 'all', topics: ['#', '$SYS/#', '$events/#', '$file/#'] };

describe('the rules for EMQX', () => {
  it('are the list form, in its order, with QoS and retain', () => {
    const claim = [
      rule('deny', 'all', 'a/secret'),
      rule('allow', 'publish', 'a/#', { qos: [0, 1], retain: false }),
      rule('allow', 'subscribe', 'b', { qos: 2 }),
    ];
    expect(translate(claim)).toEqual([
      { permission: 'deny', action: 'all', topics: ['a/secret'] },
      { permission: 'allow', action: 'publish', topics: ['a/#'], qos: [0, 1], retain: false },
      { permission: 'allow', action: 'subscribe', topics: ['b'], qos: [2] },
      END,
    ]);
  });

  it.each([
    ['deny', [END]],
    ['allow', [{ permission: 'allow', action: 'all', topics: ['#'] }]],
    ['no_match', []],
  ] as const)('end as the rules do that leave a question open to %s', (noMatch, end) => {
    expect(translate([], {}, noMatch)).toEqual(end);
  });

  it('deny the filters that EMQX would take for a topic of a rule', () => {
    expect(translate({ sub: ['a/+', '+/+/#', 'b/+/c', '+'] })).toEqual([
      { permission: 'deny', action: 'subscribe', topics: ['eq a/#', 'eq +/#', 'eq #'] },
      { permission: 'allow', action: 'subscribe', topics: ['a/+', '+/+/#', 'b/+/c', '+'] },
      END,
    ]);
  });

  it('deny none that another rule allows', () => {
    expect(translate({ sub: ['a/+'], all: ['a/#'] })).toEqual([
      { permission: 'allow', action: 'subscribe', topics: ['a/+'] },
      { permission: 'allow', action: 'all', topics: ['a/#'] },
      END,
    ]);
  });

  it('hand a value that looks like a placeholder on as the text it is', () => {
    const username = `\${clientid}`;
    expect(translate({ pub: [`u/\${username}`, `u/\${username}/#`] }, { username })).toEqual([
      { permission: 'allow', action: 'publish', topics: [`eq u/\${clientid}`] },
      END,
    ]);
    expect(translate([rule('deny', 'all', `u/\${username}/#`)], { username })[0]).toEqual(END);
  });

  it('leave out what meets nothing', () => {
    expect(
      translate([rule('allow', 'publish', 'a', { qos: [] }), rule('allow', 'publish', 'a/#/b')]),
    ).toEqual([END]);
  });
});
