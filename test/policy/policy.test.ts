// Who may do what, over a running guard: roles, rules of issuers, and what a refusal says of them.
import { describe, expect, it } from 'vitest';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { makePolicy } from '../support/policy.ts';
import type { RawAnswer } from '../support/raw.ts';
import { expectRefusal } from '../support/refusal.ts';

const withPolicy = (policy: string, profile = 'nanomq'): Promise<Pair> =>
  startPair({ guard: `upstream.profile = ${profile}\n policy { ${policy} }` });

const withRules = (rules: string, profile?: string): Promise<Pair> =>
  withPolicy(`issuers { ops.pub { ${rules} } }`, profile);

const askAs = (pair: Pair, claims: Record<string, unknown>, method = 'GET', target = BROKERS) =>
  pair.send(buildHead(method, target, [`Authorization: Bearer ${mintToken(OPS, claims)}`]));

const reasonOf = async (answer: Promise<RawAnswer>): Promise<unknown> =>
  JSON.parse((await answer).body).reason;

const statusOf = async (pair: Pair, method: string, target: string): Promise<number> =>
  (await pair.ask(method, target)).status;

describe('a role', () => {
  it('lets a viewer read, and nothing else', async () => {
    const pair = await withRules('roles = [viewer]');
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(200);
    expect(await statusOf(pair, 'GET', '/api/v4/configuration/basic')).toBe(200);
    for (const [method, target] of [
      ['POST', PUBLISH],
      ['GET', '/api/v4/get_file?path=/etc/hostname'],
      ['POST', '/api/v4/configuration'],
      ['POST', '/api/v4/ctrl/stop'],
      ['DELETE', '/api/v4/rules/1'],
    ] as const)
      expect(await reasonOf(pair.ask(method, target))).toBe('not_permitted');
  });

  it('of one issuer is none of another', async () => {
    const other = makeIssuer();
    const pair = await startPair({
      keys: { 'ops.pub': OPS.publicPem, 'other.pub': other.publicPem },
      guard: 'policy { default_role = none, issuers { ops.pub.roles = [viewer] } }',
    });
    expect((await pair.ask()).status).toBe(200);
    const head = [`Authorization: Bearer ${mintToken(other, { iss: 'other.pub' })}`];
    expect((await pair.send(buildHead('GET', BROKERS, head))).status).toBe(403);
  });

  it('of the settings is made of classes, actions and built-in roles', async () => {
    const pair = await withPolicy(
      'roles { support = [viewer, rules.create] }, issuers { ops.pub.roles = [support] }',
    );
    expect(await statusOf(pair, 'POST', '/api/v4/rules')).toBe(200);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(200);
    expect(await statusOf(pair, 'DELETE', '/api/v4/rules/1')).toBe(403);
  });

  it('of nobody in particular is the default', async () => {
    expect(await statusOf(await startPair(), 'POST', '/api/v4/ctrl/stop')).toBe(200);
    const pair = await withPolicy('default_role = publisher');
    expect(await statusOf(pair, 'POST', PUBLISH)).toBe(200);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(403);
  });
});

describe('the verdicts of an issuer', () => {
  it('are few, however many routes there are', () => {
    const policy = makePolicy({}, 'emqx');
    const rules = { roles: ['viewer'], allow: ['rules.create'], deny: ['nodes.*'] };
    const { verdicts } = policy.of({ name: 'ops.pub', rules });
    expect(new Set(verdicts).size).toBeLessThan(verdicts.length / 4);
  });
});

describe('a refusal', () => {
  it('names the action and the roles that have it, and the scope that would do', async () => {
    const pair = await withRules('roles = [viewer]');
    const answer = await pair.ask('POST', PUBLISH);
    expect(JSON.parse(answer.body).message).toBe(
      'The token does not permit this. mqtt.publish, of the class publish: it needs one of the roles ' +
        'publisher, operator, admin. ops.pub has viewer (roles).',
    );
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="broker-guard", error="insufficient_scope", error_description="[^"]+", scope="mqtt\.publish"$/,
    );
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'denied',
      reason: 'not_permitted',
      status: 403,
      issuer: 'ops.pub',
      action: 'mqtt.publish',
      class: 'publish',
      role: 'viewer',
      rule: 'roles',
    });
  });

  it('of an unknown path names no action, to nobody without a good token', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.send(buildHead('GET', '/api/v4/unheard-of')), 'token_missing');
    expect(await reasonOf(pair.ask('GET', '/api/v4/unheard-of'))).toBe('not_permitted');
    expect((await pair.records(2))[1]).toMatchObject({ rule: 'catalogue', issuer: 'ops.pub' });
  });

  it('for want of a right does not end the connection', async () => {
    const pair = await withRules('roles = [viewer]');
    const connection = await pair.open();
    for (let call = 0; call < 5; call++) {
      connection.write(pair.head('GET', '/api/v4/get_file?path=/etc/hostname'));
      expect((await connection.next()).status).toBe(403);
    }
  });
});

describe('the record of an allowed request', () => {
  it.each([
    ['roles = [viewer, operator]', 'viewer, operator', 'roles'],
    ['allow = [brokers.list]', undefined, 'allow brokers.list'],
    ['allow = ["brokers.*"]', undefined, 'allow brokers.*'],
    ['sources = ["127.0.0.0/8"]', 'admin', 'default_role'],
  ])('with %s has role and rule', async (rules, role, rule) => {
    const pair = await withRules(rules);
    expect((await pair.ask()).status).toBe(200);
    expect(await pair.soleRecord()).toMatchObject({ outcome: 'allowed', role, rule });
  });
});

describe('the rule', () => {
  it('allow gives actions, classes and patterns', async () => {
    const pair = await withRules('allow = [publish, "brokers.*"]');
    expect(await statusOf(pair, 'POST', PUBLISH)).toBe(200);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(200);
    expect(await statusOf(pair, 'GET', '/api/v4/nodes')).toBe(403);
  });

  it.each(['allow = []', 'roles = []', 'roles = [], allow = []'])('%s gives nothing', async (rules) => {
    const pair = await withRules(rules);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(403);
    expect(await statusOf(pair, 'POST', '/api/v4/ctrl/stop')).toBe(403);
    expect(await statusOf(pair, 'GET', '/api/v4/get_file?path=/etc/hostname')).toBe(403);
  });

  it('allow gives secrets to a role that reads', async () => {
    const pair = await withRules('roles = [viewer], allow = [secrets]');
    expect(await statusOf(pair, 'GET', '/api/v4/clients')).toBe(200);
    expect(await pair.soleRecord()).toMatchObject({ role: 'viewer' });
  });

  it('deny wins over roles and allow', async () => {
    const pair = await withRules('roles = [admin], allow = [mqtt.publish], deny = ["mqtt.*", config]');
    expect(await statusOf(pair, 'POST', PUBLISH)).toBe(403);
    expect(await statusOf(pair, 'POST', '/api/v4/reload')).toBe(403);
    expect(await statusOf(pair, 'POST', '/api/v4/ctrl/stop')).toBe(200);
    expect((await pair.records(3))[0]).toMatchObject({ rule: 'deny mqtt.*', role: 'admin' });
  });

  it('deny alone takes from the default role', async () => {
    const pair = await withRules('deny = [control]');
    expect(await statusOf(pair, 'POST', '/api/v4/ctrl/stop')).toBe(403);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(200);
  });

  it('sources holds for the address of the peer', async () => {
    const near = await withRules('sources = ["127.0.0.0/8", "::1"]');
    expect((await near.ask()).status).toBe(200);
    const far = await withRules('sources = ["10.0.0.0/8"]');
    const answer = await far.ask('GET', BROKERS, ['X-Forwarded-For: 10.0.0.1']);
    await expectRefusal(far, answer, 'not_permitted');
    expect(JSON.parse(answer.body).message).toContain('sources');
    expect(await far.soleRecord()).toMatchObject({ rule: 'sources', action: 'brokers.list' });
  });

  it('subjects holds for sub, exact or by its beginning', async () => {
    const pair = await withRules('subjects = [alice, "ci-*"]');
    const status = async (claims: object) => (await askAs(pair, { ...claims })).status;
    expect(await status({ sub: 'alice' })).toBe(200);
    expect(await status({ sub: 'ci-7' })).toBe(200);
    expect(await status({ sub: 'Alice' })).toBe(403);
    expect(await status({ sub: 'alice2' })).toBe(403);
    expect(await status({})).toBe(403);
    expect((await pair.records(5))[4]).toMatchObject({ rule: 'subjects' });
  });

  it('not_after ends the rights of an issuer', async () => {
    const over = await withRules('not_after = "2020-01-31"');
    await expectRefusal(over, await over.ask(), 'not_permitted');
    expect(await over.soleRecord()).toMatchObject({ rule: 'not_after' });
    expect((await (await withRules('not_after = "2999-01-31T00:00:00Z"')).ask()).status).toBe(200);
  });

  it('audience asks for one in aud, beside that of all tokens', async () => {
    const pair = await startPair({
      guard: 'token.audience = [guard], policy.issuers { ops.pub.audience = [line-1] }',
    });
    expect((await askAs(pair, { aud: ['guard', 'line-1'] })).status).toBe(200);
    expect(await reasonOf(askAs(pair, { aud: 'guard' }))).toBe('audience_mismatch');
    expect(await reasonOf(askAs(pair, { aud: 'line-1' }))).toBe('audience_mismatch');
  });

  it('max_lifetime bounds the tokens of the issuer', async () => {
    const pair = await withRules('max_lifetime = 15m');
    const iat = nowSeconds();
    expect((await askAs(pair, { iat, exp: iat + 900 })).status).toBe(200);
    expect(await reasonOf(askAs(pair, { iat, exp: iat + 901 }))).toBe('lifetime_too_long');
  });
});

describe('observe mode', () => {
  it.each([
    ['of one issuer', 'issuers { ops.pub { roles = [viewer], observe = true } }'],
    ['of all', 'observe = true, default_role = viewer'],
  ])('%s records what it would refuse, and lets it through', async (_, policy) => {
    const pair = await withPolicy(policy);
    expect(await statusOf(pair, 'POST', PUBLISH)).toBe(200);
    expect(await statusOf(pair, 'GET', BROKERS)).toBe(200);
    const [observed, allowed] = await pair.records(2);
    expect(observed).toMatchObject({ outcome: 'allowed', would_deny: 'not_permitted', role: 'viewer' });
    expect(allowed?.would_deny).toBeUndefined();
    expect(pair.upstream.requests).toHaveLength(2);
  });

  it('in a sidecar does not undo what the settings forbid', async () => {
    const startWith = (rules: string) =>
      startPair({
        keys: { 'ops.pub': OPS.publicPem, 'ops.policy.conf': 'observe = true' },
        guard: `policy.issuers { ops.pub { ${rules} } }`,
      });
    expect(await statusOf(await startWith('roles = [viewer]'), 'POST', PUBLISH)).toBe(403);
    const both = await startWith('roles = [viewer], observe = true');
    expect(await statusOf(both, 'POST', PUBLISH)).toBe(200);
  });

  it('enforces what no policy is about', async () => {
    const pair = await withPolicy('observe = true');
    await expectRefusal(pair, await askAs(pair, { exp: 1 }), 'token_expired');
    expect(await reasonOf(pair.ask('PATCH'))).toBe('method_not_allowed');
  });
});

describe('an open action', () => {
  const OPEN = 'open { actions = [metrics.prometheus], sources = ["127.0.0.1"] }';

  it('needs no token from a named address, and is recorded', async () => {
    const pair = await withPolicy(OPEN);
    const answer = await pair.send(buildHead('GET', '/api/v4/prometheus'));
    expect(answer.status).toBe(200);
    expect(pair.upstream.requests[0]?.headers.has('x-guard-issuer')).toBe(false);
    const record = await pair.soleRecord();
    expect(record).toMatchObject({ action: 'metrics.prometheus', outcome: 'allowed', rule: 'open' });
    expect(record.issuer).toBeUndefined();
    expect(pair.guard.lines).toContain('policy: open without a token: metrics.prometheus from 127.0.0.1');
  });

  it('opens no other, and is open for no other address', async () => {
    const pair = await withPolicy(OPEN);
    await expectRefusal(pair, await pair.send(buildHead('GET', BROKERS)), 'token_missing');
    const far = await withPolicy('open { actions = [metrics.prometheus], sources = ["10.0.0.0/8"] }');
    await expectRefusal(far, await far.send(buildHead('GET', '/api/v4/prometheus')), 'token_missing');
  });

  it('does not make a bad token good', async () => {
    const pair = await withPolicy(OPEN);
    await expectRefusal(pair, await askAs(pair, { exp: 1 }, 'GET', '/api/v4/prometheus'), 'token_expired');
  });
});

describe("a command of VerneMQ's", () => {
  it('that is a GET and changes something is no read', async () => {
    const pair = await withRules('roles = [viewer]', 'vernemq');
    expect(await statusOf(pair, 'GET', '/api/v1/cluster/show')).toBe(200);
    for (const target of ['/api/v1/set?allow_anonymous=on', '/api/v1/session/disconnect?client-id=a'])
      for (const method of ['GET', 'HEAD']) expect(await statusOf(pair, method, target)).toBe(403);
  });

  it('is not turned into another by a name in the query', async () => {
    const pair = await withRules('roles = [admin]', 'vernemq');
    expect(await statusOf(pair, 'GET', '/api/v1/webhooks/cache/show')).toBe(200);
    expect(await reasonOf(pair.ask('GET', '/api/v1/webhooks/cache/show?%2D-reset'))).toBe('not_permitted');
    expect((await pair.records(2))[1]).toMatchObject({ rule: 'query' });
  });

  it('that lists sessions does not show what their messages hold', async () => {
    const pair = await withRules('roles = [viewer]', 'vernemq');
    expect(await statusOf(pair, 'GET', '/api/v1/session/show?--client_id&--topic')).toBe(200);
    for (const query of ['--payload', '--client_id&%2D-payload=~secret'])
      expect(await statusOf(pair, 'GET', `/api/v1/sessions?${query}`)).toBe(403);
  });

  it('takes plain client ids only', async () => {
    const pair = await withRules('roles = [operator]', 'vernemq');
    const kick = (id: string) => statusOf(pair, 'GET', `/api/v1/session/disconnect?client-id=${id}`);
    expect(await kick('line-1')).toBe(200);
    expect(await kick("a'%20or%20'1")).toBe(403);
  });

  it('with an argument as a segment of the path is unknown', async () => {
    const pair = await startPair({ guard: 'upstream.profile = vernemq' });
    expect(await statusOf(pair, 'GET', '/api/v1/session/disconnect/client-id=x')).toBe(403);
  });
});

describe('an action that has to be named', () => {
  it('is not in admin, and is given by its name', async () => {
    const admin = await withRules('roles = [admin]');
    expect(await statusOf(admin, 'GET', '/api/v4/get_file?path=/etc/hostname')).toBe(403);
    const named = await withRules('allow = ["files.*"]');
    expect(await statusOf(named, 'GET', '/api/v4/get_file?path=/etc/hostname')).toBe(200);
  });
});
