// What a token says of its own rights narrows what its issuer may: by our words, and by the brokers' own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimedRights, Principal } from '../../src/decision.ts';
import type { IssuerRules } from '../../src/keystore/issuer-rules.ts';
import { loadProfile, PROFILE_NAMES, type ProfileName } from '../../src/policy/profile.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, PUBLISH, startPair } from '../support/pair.ts';
import { makePolicy } from '../support/policy.ts';

const principal = (claimedRights: Partial<ClaimedRights> | undefined): Principal => ({
  issuer: 'ops.pub',
  subject: undefined,
  tokenId: undefined,
  thumbprint: 't',
  bodyEncode: 0,
  issuedAt: -Infinity,
  tokenDigest: '',
  claimedRights:
    claimedRights?.scope === undefined && claimedRights?.roles === undefined
      ? undefined
      : { scope: undefined, roles: undefined, ...claimedRights },
});

/** A canonical path that a template means. */
const fill = (template: string): string => template.replaceAll(/\{[^}]*\}/g, 'name');

/** Every action that is allowed, by method and template. */
function listAllowed(
  profile: ProfileName,
  rules: IssuerRules | undefined,
  claimed?: Partial<ClaimedRights>,
  settings: Parameters<typeof makePolicy>[0] = {},
): string[] {
  const policy = makePolicy(settings, profile);
  const filed = { name: 'ops.pub', rules };
  const caller = principal(claimed);
  return loadProfile(profile)
    .routes.filter((route) => {
      const path = fill(route.template);
      const asked = { route, target: { path, text: path }, client: '127.0.0.1' };
      return policy.authorize(caller, filed, asked, 0).allowed;
    })
    .map(({ method, template }) => `${method} ${template}`);
}

const actionsOf = (profile: ProfileName, claimed: Partial<ClaimedRights>): string[] => {
  const { routes } = loadProfile(profile);
  const allowed = new Set(listAllowed(profile, { roles: ['admin'] }, claimed));
  return [
    ...new Set(
      routes
        .filter(({ method, template }) => allowed.has(`${method} ${template}`))
        .map(({ action }) => action.name),
    ),
  ];
};

describe('the scope of a token', () => {
  it('narrows, over a running guard, and is named in the refusal', async () => {
    const pair = await startPair({ guard: 'policy.issuers { ops.pub.roles = [operator] }' });
    const ask = (claims: object, method = 'GET', target = BROKERS) =>
      pair.send(buildHead(method, target, [`Authorization: Bearer ${mintToken(OPS, { ...claims })}`]));
    expect((await ask({ scope: 'brokers.list nodes.list' })).status).toBe(200);
    expect((await ask({ scope: 'publish' })).status).toBe(403);
    expect((await ask({ scope: 'publish' }, 'POST', PUBLISH)).status).toBe(200);
    expect((await ask({ roles: ['viewer'] })).status).toBe(200);
    expect((await ask({ roles: ['viewer'], scope: 'publish' })).status).toBe(403);
    expect((await ask({ scope: '' })).status).toBe(403);
    expect((await ask({ scope: 'admin' }, 'POST', '/api/v4/ctrl/stop')).status).toBe(403);
    const records = await pair.records(7);
    expect(records[1]).toMatchObject({ rule: 'token scope', role: 'operator', action: 'brokers.list' });
    expect(records[6]).toMatchObject({ rule: 'roles', role: 'operator' });
  });

  it.each([
    ['a number', { scope: 7 }],
    ['an object', { scope: { read: true } }],
    ['a list with a number', { scope: ['read', 1] }],
    ['a text for roles', { roles: 'admin' }],
    ['null', { roles: null }],
  ])('that is %s is refused, not passed over', async (_, claims) => {
    const pair = await startPair();
    const answer = await pair.send(
      buildHead('GET', BROKERS, [`Authorization: Bearer ${mintToken(OPS, claims)}`]),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ reason: 'claim_invalid' });
  });

  it('that nobody knows gives nothing', () => {
    expect(actionsOf('nanomq', { scope: ['openid', 'profile', '__proto__', 'constructor'] })).toEqual([]);
    expect(actionsOf('vernemq', { scope: ['__proto__', 'toString'] })).toEqual([]);
  });
});

describe("a broker's own word", () => {
  it('of EMQX is a role or the rows of its scope', () => {
    expect(actionsOf('emqx', { roles: ['administrator'] })).toContain('configuration.write');
    expect(actionsOf('emqx', { scope: ['license'] })).toEqual(expect.arrayContaining(['license.read']));
    expect(actionsOf('emqx', { scope: ['license'] })).not.toContain('clients.list');
    expect(actionsOf('emqx', { roles: ['ns:a::administrator'] })).toEqual([]);
    expect(actionsOf('emqx', { scope: ['public', 'denied'] })).toEqual([]);
  });

  it('of RabbitMQ is a tag', () => {
    const management = actionsOf('rabbitmq', { scope: ['management'] });
    expect(management).toEqual(expect.arrayContaining(['queues.list', 'queues.delete', 'mqtt.publish']));
    for (const name of ['nodes.list', 'users.list', 'definitions.read', 'policies.write', 'connections.kick'])
      expect(management).not.toContain(name);
    expect(actionsOf('rabbitmq', { scope: ['policymaker'] })).toContain('policies.write');
    expect(actionsOf('rabbitmq', { scope: ['monitoring'] })).toContain('nodes.list');
    expect(actionsOf('rabbitmq', { scope: ['impersonator'] })).toEqual([]);
  });

  it('of VerneMQ is a part of its paths', () => {
    expect(listAllowed('vernemq', undefined, { scope: ['metrics', 'health'] })).toEqual([
      'GET /health',
      'GET /health/listeners',
      'GET /health/listeners_full_cluster',
      'GET /health/ping',
      'GET /metrics',
    ]);
  });
});

describe("RabbitMQ's scopes of OAuth 2", () => {
  const may = (scope: string[], method: string, path: string): boolean => {
    const route = loadProfile('rabbitmq').match(path)?.byMethod.get(method);
    const asked = { route, target: { path, text: path }, client: undefined };
    return makePolicy({}, 'rabbitmq').authorize(principal({ scope }), { name: 'ops.pub' }, asked, 0).allowed;
  };
  const TAG = 'rabbitmq.tag:management';

  it('give nothing without a tag', () => {
    expect(may(['rabbitmq.configure:*/*'], 'PUT', '/api/queues/%2F/a')).toBe(false);
    expect(may([TAG], 'GET', '/api/queues/%2F')).toBe(true);
  });

  it('give a call about a queue for the queues they name', () => {
    const scope = [TAG, 'rabbitmq.configure:%2F/line-*', 'rabbitmq.read:plant/*'];
    expect(may(scope, 'PUT', '/api/queues/%2F/line-1')).toBe(true);
    expect(may(scope, 'PUT', '/api/queues/%2F/other')).toBe(false);
    expect(may(scope, 'PUT', '/api/queues/plant/line-1')).toBe(false);
    expect(may(scope, 'POST', '/api/queues/plant/q/get')).toBe(true);
    expect(may([TAG], 'POST', '/api/queues/plant/q/get')).toBe(false);
  });

  it('ask both sides of a binding', () => {
    const path = '/api/bindings/%2F/e/from/q/into';
    expect(may([TAG, 'rabbitmq.read:*/from', 'rabbitmq.write:*/into'], 'POST', path)).toBe(true);
    expect(may([TAG, 'rabbitmq.read:*/from'], 'POST', path)).toBe(false);
  });

  it('for some routing keys give no publish: the body is not looked at', () => {
    const path = '/api/exchanges/%2F/amq.topic/publish';
    expect(may([TAG, 'rabbitmq.write:*/*/line.*'], 'POST', path)).toBe(false);
    expect(may([TAG, 'rabbitmq.write:*/amq.topic/*'], 'POST', path)).toBe(true);
  });
});

const WORDS = (profile: ProfileName) => [
  ...makePolicy({}, profile).vocabulary.words,
  'clients.*',
  '*',
  '*.list',
  'management',
  'administrator',
  'monitoring',
  'policymaker',
  'connections',
  'mgmt',
  'metrics',
  'rabbitmq.tag:administrator',
  'rabbitmq.read:*/*',
  'nonsense',
  '',
];

describe.each(PROFILE_NAMES)('of %s', (profile) => {
  const words = fc.array(fc.constantFrom(...WORDS(profile)), { maxLength: 4 });
  const roles = fc.array(fc.constantFrom('viewer', 'publisher', 'operator', 'admin'), { maxLength: 3 });
  const rules = fc.record({ roles, allow: words, deny: words, observe: fc.boolean() }, { requiredKeys: [] });
  const claimed = fc.record({ scope: words, roles: words }, { requiredKeys: [] });
  const RUNS = { numRuns: 40 };

  it('no scope and no role in a token ever widens what its issuer may', () => {
    fc.assert(
      fc.property(rules, claimed, (given, token) => {
        const whole = new Set(listAllowed(profile, given));
        for (const route of listAllowed(profile, given, token)) expect(whole).toContain(route);
      }),
      RUNS,
    );
  });

  it('no sidecar ever widens what the settings give, nor they what it gives', () => {
    fc.assert(
      fc.property(rules, rules, (settings, sidecar) => {
        const states = (one: IssuerRules) =>
          one.observe === true || one.roles !== undefined || one.allow !== undefined;
        const both = listAllowed(profile, sidecar, undefined, { issuers: { 'ops.pub': settings } });
        for (const one of [settings, sidecar].filter(states)) {
          const alone = new Set(listAllowed(profile, one));
          for (const route of both) expect(alone).toContain(route);
        }
      }),
      RUNS,
    );
  });

  it('no deny ever gives anything', () => {
    fc.assert(
      fc.property(rules, words, (given, deny) => {
        const whole = new Set(listAllowed(profile, { ...given, deny: [] }));
        for (const route of listAllowed(profile, { ...given, deny })) expect(whole).toContain(route);
      }),
      RUNS,
    );
  });
});
