// `guard.mqtt.hooks`: blocks by broker, and what is said where one is wrong.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { SettingsFailure } from '../../src/failure.ts';
import { makeWorkspace } from '../support/workspace.ts';

const SECRET = 'an-example-of-a-secret';

function load(hooks: string, guard = '') {
  const directory = makeWorkspace({
    'nanomq.conf': `guard {\n${guard}\nmqtt.hooks {\n${hooks}\n}\n}`,
    secret: `${SECRET}\n`,
    short: 'short',
    blank: `${SECRET} ${SECRET}`,
    large: 'x'.repeat(2000),
  });
  return loadSettings(join(directory, 'nanomq.conf')).hooks;
}

function problemsOf(hooks: string, guard = ''): string[] {
  try {
    load(hooks, guard);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsFailure)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

describe('guard.mqtt.hooks', () => {
  it('has the broker whose block stands there, with every default', () => {
    expect(load('rabbitmq { }')).toEqual({
      rabbitmq: {
        secretDigest: undefined,
        sources: [],
        sessions: 100_000,
        endSessions: false,
        cacheMs: 0,
        tellsPresence: false,
      },
    });
  });

  it('has the broker that is only switched on, and not the one that is switched off', () => {
    expect(Object.keys(load('emqx.enable = true\nnanomq.enable = false'))).toEqual(['emqx']);
  });

  it('keeps a digest of the secret, and not the secret', () => {
    const hooks = load('emqx { secret_file = secret, sources = ["10.0.0.0/8"] }');
    expect(hooks.emqx?.secretDigest).toMatch(/^[\w+/]{43}=$/);
    expect(hooks.emqx?.sources).toEqual(['10.0.0.0/8']);
    expect(JSON.stringify(hooks)).not.toContain(SECRET);
  });

  it('takes what only one broker has', () => {
    expect(load('vernemq { cache = 0s }').vernemq?.cacheMs).toBe(0);
    expect(load('vernemq { }').vernemq?.cacheMs).toBe(1000);
    expect(load('nanomq { presence = allow }').nanomq?.tellsPresence).toBe(true);
  });

  it('takes end_sessions where guard.upstream is that broker', () => {
    expect(
      load('rabbitmq { end_sessions = true }', 'upstream.profile = rabbitmq').rabbitmq?.endSessions,
    ).toBe(true);
  });

  it.each([
    ['rabitmq { }', 'is unknown; did you mean rabbitmq?'],
    ['emqx { secretfile = secret }', 'is unknown; did you mean secret_file?'],
    ['emqx { presence = allow }', 'is unknown'],
    ['emqx = 1', 'must be a block { }'],
    ['emqx { sources = ["10.0.0.0/8"] }', 'needs secret_file beside it: an address alone proves nothing'],
    ['emqx { secret_file = secret, sources = ["0.0.0.0/0"] }', 'must be less than every address'],
    ['emqx { secret_file = nowhere }', 'cannot be read (ENOENT)'],
    ['emqx { secret_file = large }', 'cannot be read (larger than'],
    ['emqx { secret_file = short }', 'must hold one secret of 16 to 128'],
    ['emqx { secret_file = blank }', 'must hold one secret of 16 to 128'],
    ['emqx { sessions = 0 }', 'must be a whole number from 1'],
    ['amqtt { end_sessions = true }', 'is for emqx, rabbitmq, vernemq'],
    ['rabbitmq { end_sessions = true }', 'with guard.upstream.profile = rabbitmq'],
    ['vernemq { cache = soon }', 'must be a duration'],
  ])('refuses %s with its place', (block, what) => {
    const problems = problemsOf(block);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^4: guard\.mqtt\.hooks\./);
    expect(problems[0]).toContain(what);
  });

  it('refuses what is no block', () => {
    const directory = makeWorkspace({ 'nanomq.conf': 'guard.mqtt.hooks = on' });
    const load = () => loadSettings(join(directory, 'nanomq.conf'));
    expect(load).toThrow(/guard\.mqtt\.hooks must be a block \{ NAME \{ \} \}/);
  });
});
