// What `openGuard` says of options that it cannot work with: everything at once, each by its name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GuardOptions, openGuard, type SettingsFailure } from '../../src/library.ts';

const problemsOf = async (options: object): Promise<string[]> => {
  const failure: SettingsFailure = await openGuard(options as GuardOptions).then(
    () => expect.unreachable('it opened'),
    (error) => error,
  );
  expect(failure.code).toBe('settings_invalid');
  return failure.problems.map(({ message }) => message);
};

describe('wrong options', () => {
  it('are all told at once, each with its name in camel case', async () => {
    const problems = await problemsOf({
      keysDir: '',
      token: {
        algorithms: ['HS256'],
        expTolerance: 5,
        exp_tolerance: '5s',
        maxLifetim: '1h',
        bodyEncode: 'no',
      },
      audit: 'log',
      lisetn: '127.0.0.1:1',
    });
    expect(problems).toEqual([
      'lisetn is unknown; known here: keysDir, token, revocations, policy, profile, audit, report',
      'audit must be a function',
      'token.exp_tolerance is unknown; did you mean expTolerance?',
      'keysDir must be a text that is not empty',
      'token.algorithms must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA',
      'token.expTolerance must be a duration such as 500ms, 10s, 5m or 1h',
      'token.bodyEncode must be one of required, optional, plain',
      'token.maxLifetim is unknown; did you mean maxLifetime?',
    ]);
  });

  it.each([
    ['no options at all', undefined],
    ['no directory', {}],
  ])('%s name what is missing', async (_, options) => {
    expect(await problemsOf(options as object)).toEqual([
      'keysDir is missing: name the directory of the keys',
    ]);
  });

  it('of another type are refused', async () => {
    expect(await problemsOf({ keysDir: 'keys', token: 'RS256' })).toEqual(['token must be a block { }']);
    expect(await problemsOf({ keysDir: 5 })).toEqual(['keysDir must be a text']);
    expect(await problemsOf({ keysDir: 'keys', revocations: 'list' })).toEqual([
      'revocations must be a block { }',
    ]);
    expect(await problemsOf({ keysDir: 'keys', revocations: { file: '', fiel: 'x' } })).toEqual([
      'revocations.file must be a text that is not empty',
      'revocations.fiel is unknown; did you mean file?',
    ]);
  });
});

describe('a wrong policy', () => {
  it('is told whole, in the names of the options', async () => {
    expect(
      await problemsOf({
        keysDir: 'keys',
        profile: 'rabbitmq',
        policy: {
          default_role: 'viewer',
          defaultRole: 'viewr',
          open: [],
          roles: { my_role: ['queue.list'] },
          issuers: {
            'my_ops.pub': { roles: ['my_role'], maxLifetim: '1h', notAfter: 'soon', not_after: 'x' },
          },
        },
      }),
    ).toEqual([
      'policy.open is unknown: what needs no token your program decides before it asks the guard',
      'policy.default_role is unknown; did you mean defaultRole?',
      'policy.issuers."my_ops.pub".not_after is unknown; did you mean notAfter?',
      'policy.roles.my_role names "queue.list", which is unknown; did you mean queues.list?',
      'policy.defaultRole names "viewr", which is unknown; did you mean viewer?',
      'policy.issuers."my_ops.pub".notAfter must be a day such as "2027-01-31" or a time such as "2027-01-31T18:00:00Z", in quotes',
      'policy.issuers."my_ops.pub".maxLifetim is unknown; did you mean maxLifetime?',
    ]);
  });

  it('has the words of a profile that there is', async () => {
    expect(await problemsOf({ keysDir: 'keys', profile: 'rabbit' })).toEqual([
      'profile must be one of nanomq, emqx, rabbitmq, vernemq, mosquitto, rmqtt, generic',
    ]);
  });
});

describe('a keys directory', () => {
  it('that does not exist rejects, and says what to do', async () => {
    await expect(openGuard({ keysDir: '/nonexistent/keys' })).rejects.toMatchObject({
      code: 'keys_unreadable',
      message: expect.stringMatching(/^keysDir: .* does not exist; create it/),
    });
  });

  it('that is empty opens, and says how to make a key', async () => {
    const keysDir = mkdtempSync(join(tmpdir(), 'broker-guard-library-'));
    onTestFinished(() => rmSync(keysDir, { recursive: true }));
    const lines: string[] = [];
    const guard = await openGuard({ keysDir, report: (line) => void lines.push(line) });
    await guard.close();
    expect(lines.join('\n')).toContain('broker-guard keygen NAME');
  });
});

describe('a revocations file', () => {
  it('that cannot be read rejects, by the name of its option', async () => {
    const keysDir = mkdtempSync(join(tmpdir(), 'broker-guard-library-'));
    onTestFinished(() => rmSync(keysDir, { recursive: true }));
    await expect(openGuard({ keysDir, revocations: { file: keysDir } })).rejects.toMatchObject({
      code: 'revocations_unreadable',
      message: expect.stringMatching(/^revocations\.file: .* cannot be used \(It is a directory/),
    });
  });
});
