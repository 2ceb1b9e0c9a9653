// `guard.policy { }` as it is written: what is refused, with its place and the nearest name, and what names mean.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSettings, loadSettings } from '../../src/config/load.ts';
import { makeWorkspace } from '../support/workspace.ts';

const fileOf = (text: string): string => join(makeWorkspace({ 'nanomq.conf': text }), 'nanomq.conf');
const inspect = (policy: string) =>
  inspectSettings(fileOf(`guard.upstream.url = "http://127.0.0.1:1"\nguard.policy {\n${policy}\n}`));

describe('a mistake in the policy', () => {
  it.each([
    [
      'default_role = viewr',
      'guard.policy.default_role names "viewr", which is unknown; did you mean viewer?',
    ],
    ['default_rolle = viewer', 'guard.policy.default_rolle is unknown; did you mean default_role?'],
    [
      'issuers { ops.pub { roles = [amdin] } }',
      'guard.policy.issuers.ops.pub.roles names "amdin", which is unknown; did you mean admin?',
    ],
    [
      'issuers { ops.pub { role = [admin] } }',
      'guard.policy.issuers.ops.pub.role is unknown; did you mean roles?',
    ],
    [
      'issuers { ops.pub { allow = [client.list] } }',
      'guard.policy.issuers.ops.pub.allow names "client.list", which is unknown; did you mean clients.list?',
    ],
    [
      'issuers { ops.pub { allow = ["nothing.*"] } }',
      'guard.policy.issuers.ops.pub.allow names "nothing.*", which is unknown; broker-guard policy table lists all there are',
    ],
    [
      'issuers { ops.pub { deny = [kik] } }',
      'guard.policy.issuers.ops.pub.deny names "kik", which is unknown; did you mean kick?',
    ],
    [
      'issuers { ops.pub { subjects = ["a*b"] } }',
      'guard.policy.issuers.ops.pub.subjects must be a text, or a beginning and one * at its end',
    ],
    [
      'issuers { ops { roles = [admin] } }',
      'guard.policy.issuers.ops is no issuer: say the full name of its key file, such as ops.pub',
    ],
    [
      'issuers { ops.pub { roles = [viewer] }, "ops.pub" { deny = [read] } }',
      'guard.policy.issuers."ops.pub" stands in two places, in two spellings: say it all in one',
    ],
    [
      'issuers { ops.pub { not_after = "2027-02-30" } }',
      'guard.policy.issuers.ops.pub.not_after must be a day such as "2027-01-31" or a time such as "2027-01-31T18:00:00Z", in quotes',
    ],
    ['issuers = 7', 'guard.policy.issuers must be a block { NAME { } }'],
    [
      'roles { viewer = [read] }',
      'guard.policy.roles.viewer has this meaning already: give the role another name',
    ],
    [
      'roles { none = [read] }',
      'guard.policy.roles.none has this meaning already: give the role another name',
    ],
    [
      'roles { support = [reed] }',
      'guard.policy.roles.support names "reed", which is unknown; did you mean read?',
    ],
    [
      'roles { support { a = 1 } }',
      'guard.policy.roles.support must be a list of classes, actions and roles',
    ],
    [
      'open { actions = [brokers.list], sources = ["::/0"] }',
      'guard.policy.open.sources must be less than every address: name the networks that are meant, such as 10.0.0.0/8',
    ],
    [
      'open { actions = [mqtt.publish], sources = ["127.0.0.1"] }',
      'guard.policy.open.actions names mqtt.publish, which cannot be open: only a read without secrets can',
    ],
    [
      'open { actions = [clients.list], sources = ["127.0.0.1"] }',
      'guard.policy.open.actions names clients.list, which cannot be open: only a read without secrets can',
    ],
    [
      'open { actions = [brokers.list] }',
      'guard.policy.open.sources is missing: set it, or leave out its whole block',
    ],
  ])('%s is refused, with its place', (policy, message) => {
    const { problems } = inspect(policy);
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    expect(problems[0]).toMatchObject({ line: 3 });
  });

  it('is told with every other', () => {
    const { problems } = inspect(
      'observe = perhaps\nissuers {\n ops.pub.roles = [a]\n dev.pub.allow = [b]\n}',
    );
    expect(problems.map(({ line }) => line)).toEqual([3, 5, 6]);
  });

  it('is told with the others of the same block', () => {
    const { problems } = inspect('issuers { ops.pub {\n role = [admin]\n allow = [client.list]\n} }');
    expect(problems.map(({ line }) => line)).toEqual([4, 5]);
  });

  it('of a role is told once, not again for each issuer that has the role', () => {
    const { problems } = inspect('roles { support = [reed] }\nissuers { ops.pub.roles = [support] }');
    expect(problems.map(({ line }) => line)).toEqual([3]);
  });
});

describe('an issuer', () => {
  it.each([
    ['ops.pub { roles = [viewer] }'],
    ['"ops.pub" { roles = [viewer] }'],
    ['ops.pub.roles = [viewer]'],
    ['ops { pub { roles = viewer } }'],
  ])('may be written as %s', (text) => {
    const { settings } = inspect(`issuers { ${text} }`);
    expect(settings?.policy.issuers).toEqual({ 'ops.pub': { roles: ['viewer'] } });
  });

  it('has its rules in the form of one setting a line, too', () => {
    const lines = [
      'http_server.port=8081',
      'guard.policy.issuers.ops.pub.roles=viewer',
      'guard.policy.observe=true',
    ];
    expect(loadSettings(fileOf(lines.join('\n'))).policy).toMatchObject({
      observe: true,
      issuers: { 'ops.pub': { roles: ['viewer'] } },
    });
  });

  it('may be named by a key file of the settings, whatever its suffix', () => {
    const text =
      'http_server.jwt.public.keyfile = "jwt.key.public"\nguard.policy.issuers { "jwt.key.public" { roles = [viewer] } }';
    expect(Object.keys(loadSettings(fileOf(text)).policy.issuers)).toEqual(['jwt.key.public']);
  });

  it('has the words of the broker that the profile names', () => {
    const text = (profile: string) =>
      `guard.upstream { url = "http://127.0.0.1:1", profile = ${profile} }\nguard.policy.issuers { ops.pub { allow = [vhosts.list] } }`;
    expect(inspectSettings(fileOf(text('rabbitmq'))).problems).toEqual([]);
    expect(inspectSettings(fileOf(text('emqx'))).problems).toHaveLength(1);
  });
});
