// `broker-guard init`: what it makes is good, and it overwrites nothing.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { runCommand } from '../support/command.ts';
import { makeWorkspace } from '../support/workspace.ts';

const list = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('init', () => {
  it('writes settings for their owner alone, a keys directory and one key pair, and prints what comes next', async () => {
    const folder = makeWorkspace();
    const { code, stdout, stderr } = await runCommand(['init', folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(list(folder)).toEqual(['keys', 'keys/ops.pub', 'nanomq.conf', 'ops.key']);
    for (const file of ['nanomq.conf', 'ops.key'])
      expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
    const config = join(folder, 'nanomq.conf');
    expect(stdout).toContain(
      `then:\n  broker-guard check --connect --config ${config}\n  broker-guard serve --config ${config}\n` +
        `  curl -H "Authorization: Bearer $(broker-guard token ${join(folder, 'ops.key')})" http://127.0.0.1:8090/api/v4\n`,
    );
  });

  it('writes settings that check finds good, with a limit to the life of tokens', async () => {
    const folder = makeWorkspace();
    await runCommand([
      'init',
      folder,
      '--upstream',
      'http://127.0.0.1:15672',
      '--profile',
      'rabbitmq',
      '--name',
      'ci',
    ]);
    const file = join(folder, 'nanomq.conf');
    const { code, stdout, stderr } = await runCommand(['check', '--config', file]);
    expect({ code, warnings: stderr.match(/^warning: .*$/gm)?.length }).toEqual({ code: 0, warnings: 1 });
    expect(stderr).toContain('the user name and password it was shipped with');
    expect(stdout).toContain('forwards to http://127.0.0.1:15672');
    expect(loadSettings(file)).toMatchObject({
      upstream: { profile: 'rabbitmq' },
      token: { maxLifetimeSeconds: 30 * 86_400, algorithms: ['RS256'] },
    });
  });

  it('--json prints the files', async () => {
    const folder = makeWorkspace();
    const { stdout } = await runCommand(['init', folder, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      settingsFile: join(folder, 'nanomq.conf'),
      privateFile: join(folder, 'ops.key'),
      publicFile: join(folder, 'keys/ops.pub'),
      thumbprint: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it.each([
    ['settings', 'nanomq.conf'],
    ['a private key', 'ops.key'],
    ['a public key', 'keys/ops.pub'],
  ])('overwrites nothing and makes nothing where there is %s already', async (_, file) => {
    const folder = makeWorkspace({ [file]: 'precious' });
    const before = list(folder);
    const { code, stdout, stderr } = await runCommand(['init', folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/exists already and is not overwritten/);
    expect(readFileSync(join(folder, file), 'utf8')).toBe('precious');
    expect(list(folder).filter((name) => name !== 'keys')).toEqual(before.filter((name) => name !== 'keys'));
  });

  it.each<[string, (folder: string) => string[], RegExp]>([
    [
      'a directory that is not there',
      (folder) => [join(folder, 'no')],
      /^there is no directory \S+no: create it first\n$/,
    ],
    [
      'an address that is none',
      (folder) => [folder, '--upstream', 'there'],
      /^--upstream: guard\.upstream\.url must be a URL/,
    ],
    [
      'a name that no issuer can have',
      (folder) => [folder, '--name', '../x'],
      /^A key name has 1 to 124 characters/,
    ],
  ])('refuses %s, and makes nothing', async (_, args, sentence) => {
    const folder = makeWorkspace();
    const { code, stderr } = await runCommand(['init', ...args(folder)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(list(folder)).toEqual([]);
    expect(existsSync(join(folder, 'keys'))).toBe(false);
  });
});
