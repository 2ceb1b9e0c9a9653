// `broker-guard policy` and `explain`: who may do what, why, and what other settings would change.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, PUBLISH, OPS as SERVED, startPair } from '../support/pair.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();

function workspace(guard = '', files: Record<string, string> = {}): string {
  return makeWorkspace({
    'nanomq.conf': `guard { keys_dir = keys\n ${guard} }`,
    'keys/ops.pub': OPS.publicPem,
    ...files,
  });
}

const confOf = (cwd: string): string => join(cwd, 'nanomq.conf');

async function json(args: readonly string[], input = '') {
  const { code, stdout, stderr } = await runCommand([...args, '--json'], input);
  return { code, stderr, data: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('policy why', () => {
  const why = (args: readonly string[]) => json(['policy', 'why', ...args, '-c', confOf(workspace())]);

  it.each([
    ['GET', BROKERS, 'viewer', { action: 'brokers.list', class: 'read', allowed: true, rule: 'roles' }],
    [
      'get',
      `${BROKERS}/?page=1`,
      'viewer',
      { action: 'brokers.list', class: 'read', allowed: true, rule: 'roles' },
    ],
    [
      'GET',
      '/api/v4/configuration',
      'viewer',
      { action: 'configuration.read', class: 'read', allowed: true, rule: 'roles', redacted: true },
    ],
    [
      'GET',
      '/api/v4/configuration',
      'admin',
      { action: 'configuration.read', class: 'secrets', allowed: true, rule: 'roles' },
    ],
    ['POST', PUBLISH, 'viewer', { action: 'mqtt.publish', class: 'publish', allowed: false, rule: 'roles' }],
    ['GET', '/api/v4/nothing', 'admin', { action: null, class: null, allowed: false, rule: 'catalogue' }],
    ['PATCH', BROKERS, 'admin', { action: null, class: null, allowed: false, rule: 'method_not_allowed' }],
    ['GET', '/api/v4/../x', 'admin', { action: null, class: null, allowed: false, rule: 'target_ambiguous' }],
    ['GET', '/elsewhere', 'admin', { action: null, class: null, allowed: false, rule: 'target_unknown' }],
  ])('%s %s as %s', async (method, path, role, expected) => {
    const { code, data } = await why([method, path, '--as', role]);
    expect(data).toEqual(expected);
    expect(code).toBe(expected.allowed ? 0 : 1);
  });

  it('asks the catalogue that is named', async () => {
    const { code, data } = await why([
      'DELETE',
      '/api/queues/%2F/a',
      '--as',
      'operator',
      '--profile',
      'rabbitmq',
    ]);
    expect([code, data]).toEqual([
      1,
      { action: 'queues.delete', class: 'write', allowed: false, rule: 'roles' },
    ]);
  });

  it('does not know a role that nobody has made', async () => {
    const { code, stderr } = await why(['GET', BROKERS, '--as', 'amdin']);
    expect([code, stderr]).toEqual([2, '--as "amdin" is no role; did you mean admin?\n']);
  });

  it('knows the roles of the settings, and says in words who has it', async () => {
    const cwd = workspace('policy.roles { support = [viewer, rules.delete] }');
    const args = ['policy', 'why', 'DELETE', '/api/v4/rules/1', '--as', 'support', '-c', confOf(cwd)];
    const { code, stdout } = await runCommand(args);
    expect([code, stdout]).toEqual([
      0,
      'rules.delete, of the class config: support may (roles); roles that have it: admin, support\n',
    ]);
  });
});

describe('policy why in words', () => {
  it.each([
    ['viewer', 'may, without the secrets of its answer (roles)', 'read'],
    ['publisher', 'may not (roles)', 'secrets'],
  ])('says what %s gets of a read of secrets', async (role, verdict, name) => {
    const args = ['policy', 'why', 'GET', '/api/v4/configuration', '--as', role, '-c', confOf(workspace())];
    expect((await runCommand(args)).stdout).toBe(
      `configuration.read, of the class ${name}: ${role} ${verdict}; ` +
        'roles that have it: admin, viewer (redacted), operator (redacted)\n',
    );
  });
});

describe('policy why, of what no role gives', () => {
  it.each([
    [
      ['GET', '/api/v1/webhooks/cache/show?--reset', '--profile', 'vernemq'],
      'webhooks.cache, of the class secrets: nobody may (query). The query of this call may hold no name.\n',
    ],
    [['PUT', BROKERS], /^no action \(method_not_allowed\)\. .* Allow: GET\n$/],
    [['GET', '/api/v4//brokers'], /^no action \(target_ambiguous\)\. .*two slashes in a row/],
  ])('%j says what is wrong', async (args, text) => {
    const { code, stdout } = await runCommand([
      'policy',
      'why',
      ...args,
      '--as',
      'admin',
      '-c',
      confOf(workspace()),
    ]);
    expect([code, stdout]).toEqual([1, typeof text === 'string' ? text : expect.stringMatching(text)]);
  });
});

describe('policy table', () => {
  it('says which reads are redacted, and which publishes are judged by topic', async () => {
    const cwd = workspace('policy.issuers { ops.pub { roles = [operator], publish = ["a/#", b] } }', {
      'keys/ops.policy.conf': 'publish = ["+/x"]',
    });
    const { data: all } = await json(['policy', 'table', '-c', confOf(cwd)]);
    expect(all).toContainEqual({
      method: 'GET',
      path: '/api/v4/configuration',
      action: 'configuration.read',
      class: 'secrets',
      roles: ['admin'],
      redacted: ['viewer', 'operator'],
    });
    const args = ['policy', 'table', '--issuer', 'ops.pub', '-c', confOf(cwd)];
    const { data } = await json(args);
    const rowOf = (action: string) => data.find((row: { action: string }) => row.action === action);
    expect(rowOf('clients.list')).toMatchObject({ allowed: true, redacted: true });
    expect(rowOf('brokers.list').redacted).toBeUndefined();
    expect(rowOf('mqtt.publish')).toMatchObject({ allowed: true, publish: [['a/#', 'b'], ['+/x']] });
    const { stdout } = await runCommand(args);
    expect(stdout).toMatch(/^redacted +GET +\/api\/v4\/clients +clients\.list +read +roles$/m);
    expect(stdout).toMatch(
      /^yes +POST .* mqtt\.publish +publish +roles, publish \[a\/#, b\] and publish \[\+\/x\]$/m,
    );
  });

  it('lists every call with the roles that have it', async () => {
    const { code, data } = await json(['policy', 'table', '-c', confOf(workspace())]);
    expect(code).toBe(0);
    expect(data).toContainEqual({
      method: 'POST',
      path: PUBLISH,
      action: 'mqtt.publish',
      class: 'publish',
      roles: ['publisher', 'operator', 'admin'],
    });
  });

  it('lists what an issuer may, by settings and sidecar, and by which rule', async () => {
    const cwd = workspace('policy.issuers { ops.pub { roles = [operator] } }', {
      'keys/ops.policy.conf': 'roles = [admin], deny = [publish]',
    });
    const { data } = await json(['policy', 'table', '--issuer', 'ops.pub', '-c', confOf(cwd)]);
    const rowOf = (action: string) => data.find((row: { action: string }) => row.action === action);
    expect(rowOf('mqtt.publish')).toMatchObject({ allowed: false, rule: 'deny publish' });
    expect(rowOf('brokers.list')).toMatchObject({ allowed: true, rule: 'roles' });
    expect(rowOf('broker.stop')).toMatchObject({ allowed: false, rule: 'roles', role: 'operator' });
  });

  it('says beneath under which conditions, and that nothing is enforced', async () => {
    const rules = 'sources = ["10.0.0.0/8"], not_after = "2099-01-31", max_lifetime = 1h, observe = true';
    const cwd = workspace(`policy.issuers { ops.pub { ${rules} } }`);
    const { stdout } = await runCommand(['policy', 'table', '--issuer', 'ops.pub', '-c', confOf(cwd)]);
    expect(stdout).toMatch(
      /\nnothing of this is enforced, only recorded \(observe\)\nall of it only as far as these rules hold: sources, not_after, max_lifetime\n$/,
    );
  });

  it('says that an issuer is none, or unusable', async () => {
    const cwd = workspace('', { 'keys/ops.policy.conf': 'roles = [nobody]' });
    const table = (issuer: string) => runCommand(['policy', 'table', '--issuer', issuer, '-c', confOf(cwd)]);
    expect(await table('dev.pub')).toMatchObject({ code: 1, stderr: 'there is no issuer dev.pub\n' });
    expect((await table('ops')).stderr).toBe('there is no issuer ops; did you mean ops.pub?\n');
    expect((await table('ops.pub')).stderr).toMatch(
      /^ops\.pub is unusable: Its sidecar ops\.policy\.conf is not used/,
    );
  });
});

describe('policy diff', () => {
  it('lists what changes for whom', async () => {
    const old = workspace('policy { default_role = viewer, issuers { ops.pub.roles = [viewer] } }');
    const next = workspace(
      'policy { default_role = none, issuers { ops.pub { roles = [viewer, publisher], sources = ["10.0.0.0/8"] } } }',
    );
    const { code, data } = await json(['policy', 'diff', confOf(old), confOf(next)]);
    expect(code).toBe(0);
    const [ops, other] = data.issuers;
    expect(ops).toEqual({
      issuer: 'ops.pub',
      gains: ['mqtt.publish', 'mqtt.publish-many'],
      loses: [],
      conditions: ['sources'],
    });
    expect(other).toMatchObject({ issuer: '(any other issuer)', gains: [] });
    expect(other.loses).toContain('brokers.list');
    const { stdout } = await runCommand(['policy', 'diff', confOf(old), confOf(next)]);
    expect(stdout).toContain('ops.pub\n  + mqtt.publish\n  + mqtt.publish-many\n  ~ sources is another\n');
  });

  it('tells a redacted read from a whole one, and names other topics', async () => {
    const old = workspace('policy.issuers { ops.pub { roles = [viewer], publish = [a] } }');
    const next = workspace(
      'policy.issuers { ops.pub { roles = [viewer], allow = [secrets], publish = [b] } }',
    );
    const { data } = await json(['policy', 'diff', confOf(old), confOf(next)]);
    const [ops] = data.issuers;
    expect(ops.gains).toContain('configuration.read');
    expect(ops.loses).toContain('configuration.read (redacted)');
    expect(ops.conditions).toEqual(['publish']);
  });

  it('names what is enforced no more, and what is open', async () => {
    const policy = 'default_role = viewer';
    const open = 'open { actions = [metrics.prometheus], sources = ["10.0.0.1"] }';
    const [old, observed, opened, moved] = [
      '',
      'observe = true',
      open,
      open.replace('10.0.0.1', '10.0.0.2'),
    ].map((more) => confOf(workspace(`policy { ${policy} \n ${more} }`))) as [string, string, string, string];
    const diff = async (...files: [string, string]) =>
      (await runCommand(['policy', 'diff', ...files])).stdout;
    expect(await diff(old, observed)).toBe(
      'ops.pub\n  ~ observe is another\n(any other issuer)\n  ~ observe is another\n',
    );
    expect(await diff(old, opened)).toBe('(without a token)\n  + metrics.prometheus\n');
    expect(await diff(opened, moved)).toBe('(without a token)\n  ~ sources is another\n');
    expect(await diff(moved, old)).toBe('(without a token)\n  - metrics.prometheus\n');
  });

  it('says that nothing changes', async () => {
    const conf = confOf(workspace());
    expect((await runCommand(['policy', 'diff', conf, conf])).stdout).toBe('nothing changes for anybody\n');
  });
});

describe('explain', () => {
  const tokenIn = (claims: Record<string, unknown> = {}) =>
    join(makeWorkspace({ 'ops.jwt': mintToken(OPS, claims) }), 'ops.jwt');
  const explain = (cwd: string, args: readonly string[]) => json(['explain', ...args, '-c', confOf(cwd)]);

  it('gives the verdict on the token and on the call', async () => {
    const cwd = workspace('', { 'keys/ops.policy.conf': 'roles = [viewer]' });
    const allowed = await explain(cwd, ['GET', BROKERS, '--token-file', tokenIn()]);
    expect(allowed).toMatchObject({
      code: 0,
      data: {
        allowed: true,
        issuer: 'ops.pub',
        call: { action: 'brokers.list', rule: 'roles', role: 'viewer' },
      },
    });
    const denied = await explain(cwd, ['POST', PUBLISH, '--token-file', tokenIn()]);
    expect(denied).toMatchObject({
      code: 1,
      data: { allowed: false, call: { allowed: false, rule: 'roles' } },
    });
    const narrowed = await explain(cwd, ['GET', BROKERS, '--token-file', tokenIn({ scope: 'publish' })]);
    expect(narrowed.data.call).toMatchObject({ rule: 'token scope' });
    const expired = await explain(cwd, ['GET', BROKERS, '--token-file', tokenIn({ exp: 1 })]);
    expect(expired).toMatchObject({ code: 1, data: { allowed: false, token: { reason: 'token_expired' } } });
    expect(expired.data.call).toBeUndefined();
  });

  it('says what is asked of the bodies', async () => {
    const cwd = workspace('', { 'keys/ops.policy.conf': 'roles = [operator], publish = ["a/#"]' });
    const redacted = ['explain', 'GET', '/api/v4/clients', '--token-file', tokenIn(), '-c', confOf(cwd)];
    expect((await runCommand(redacted)).stdout).toContain(
      'clients.list, of the class read: allowed, without the secrets of its answer (roles, operator)',
    );
    const published = await explain(cwd, ['POST', PUBLISH, '--token-file', tokenIn()]);
    expect(published.data.call).toMatchObject({ allowed: true, publish: [['a/#']] });
    const words = ['explain', 'POST', PUBLISH, '--token-file', tokenIn(), '-c', confOf(cwd)];
    expect((await runCommand(words)).stdout).toContain(
      'allowed, where the body names only topics of publish [a/#] (roles, operator)',
    );
  });

  it('says in words what would have to change, and says it once', async () => {
    const cwd = workspace('policy.issuers { ops.pub { roles = [admin], deny = [publish] } }');
    const { stdout } = await runCommand([
      'explain',
      'POST',
      PUBLISH,
      '--token-file',
      tokenIn(),
      '-c',
      confOf(cwd),
    ]);
    expect(stdout).toBe(
      'the token of ops.pub is good\n' +
        'mqtt.publish, of the class publish: not allowed (deny publish, admin); the rule deny publish of ops.pub takes it ' +
        'away; roles that have it: publisher, operator, admin.\nrefused\n',
    );
  });

  it('says of a request that was refused before anybody asked who it was from', async () => {
    const pair = await startPair();
    const id = (await pair.ask('PUT', BROKERS)).headers.get('x-request-id') as string;
    const cwd = workspace('', { 'audit.log': `${JSON.stringify(await pair.soleRecord())}\n` });
    const args = ['explain', '--request', id, '--audit', join(cwd, 'audit.log'), '-c', confOf(cwd)];
    expect((await runCommand(args)).stdout).toMatch(
      /denied: method_not_allowed\nit was refused before its issuer was known: rules of issuers have no part in it\n$/,
    );
  });

  it('judges the address that is said', async () => {
    const cwd = workspace('policy.issuers { ops.pub.sources = ["10.0.0.0/8"] }');
    const from = (address: string) =>
      explain(cwd, ['GET', BROKERS, '--source', address, '--token-file', tokenIn()]);
    expect((await from('10.1.1.1')).code).toBe(0);
    expect((await from('11.1.1.1')).data.call).toMatchObject({ rule: 'sources' });
  });

  it('finds a request by its id, and says what the settings of now make of it', async () => {
    const pair = await startPair({ guard: 'policy.issuers { ops.pub.roles = [viewer] }' });
    const answer = await pair.ask('POST', PUBLISH);
    const id = answer.headers.get('x-request-id') as string;
    const lines = ['torn {', JSON.stringify(await pair.soleRecord()), ''].join('\n');
    const cwd = makeWorkspace({
      'nanomq.conf':
        'guard { keys_dir = keys, audit.file = audit.log, policy.issuers { ops.pub.roles = [publisher] } }',
      'keys/ops.pub': SERVED.publicPem,
      'audit.log': lines,
    });
    const args = ['--request', id, '--audit', join(cwd, 'audit.log')];
    const { code, data } = await explain(cwd, args);
    expect(code).toBe(0);
    expect(data).toMatchObject({
      record: { request_id: id, action: 'mqtt.publish', reason: 'not_permitted', role: 'viewer' },
      now: { allowed: true, action: 'mqtt.publish', role: 'publisher' },
    });
    const words = await runCommand(['explain', '--request', id, '-c', confOf(cwd)]);
    expect(words.stdout).toMatch(
      /POST \/api\/v4\/mqtt\/publish {2}from 127\.0\.0\.1\nby ops\.pub; action mqtt\.publish\ndenied: not_permitted, rule roles, roles viewer\nby the settings of now/,
    );
    expect((await explain(cwd, ['--request', 'none', '--audit', join(cwd, 'audit.log')])).code).toBe(1);
  });

  it('says what it needs', async () => {
    expect(await runCommand(['explain', 'GET', BROKERS])).toMatchObject({
      code: 2,
      stderr: 'say METHOD and PATH and --token-file FILE, or --request ID and --audit FILE, or --mqtt\n',
    });
  });
});
