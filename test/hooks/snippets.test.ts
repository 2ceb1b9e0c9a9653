// The settings that the pages about brokers give their readers: each path is one that is answered, and the members that an
// operator has to name are those that are read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOOK_NAMES, type HookName } from '../../src/config/hooks.ts';
import { ADAPTERS } from '../../src/hooks/hooks.ts';
import { startHooks } from '../support/hooks.ts';
import { ROOT } from '../support/root.ts';

const PAGES: Readonly<Record<HookName, string>> = {
  emqx: 'emqx',
  nanomq: 'nanomq',
  rabbitmq: 'rabbitmq',
  vernemq: 'vernemq',
  go_auth: 'mosquitto-go-auth',
  go_auth_jwt: 'mosquitto-go-auth',
  amqtt: 'amqtt',
  rmqtt: 'rmqtt',
};
const read = (name: HookName): string => readFileSync(join(ROOT, `docs/brokers/${PAGES[name]}.md`), 'utf8');
const blocksOf = (page: string): string[] =>
  [...page.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, block]) => block as string);

describe.each(HOOK_NAMES)('the page about %s', (name) => {
  it('has every path of the hook, and no other', () => {
    const known = ADAPTERS[name].hooks.map(({ path }) => `/hooks/${path}`);
    const page = read(name);
    const named = [...page.matchAll(/\/hooks\/[a-z/-]+[a-z]/g)].map(([path]) => path);
    const prefix = `/hooks/${ADAPTERS[name].hooks[0]?.path.split('/')[0]}`;
    const own = named.filter((path) => path === prefix || path.startsWith(`${prefix}/`));
    expect([...new Set(own)].sort()).toEqual(known.sort());
    expect(page).toContain(`guard.mqtt.hooks.${name} {`);
  });

  it('says what the broker remembers, and names the port that the service listener has', () => {
    expect(read(name)).toMatch(/[Cc]ache|remembers/);
    expect(read(name)).toMatch(/\b8091\b/);
    expect(ADAPTERS[name].cacheAdvice).not.toBe('');
  });

  it('shows settings of the guard that are good', async () => {
    const settings = blocksOf(read(name)).filter((block) => block.startsWith('guard.'));
    const own = settings
      .join('')
      .split('\n')
      .filter((line) => line.includes(`hooks.${name} {`));
    expect(own).toHaveLength(1);
    const [, block] = /hooks\.(\w+ \{.*\})/.exec(own[0] as string) ?? [];
    const profile = (block as string).includes('end_sessions') ? `upstream.profile = ${name}` : '';
    const text = (block as string).replace(/"\w+\.secret"/, 'secret');
    const doors = await startHooks({ hooks: text.replace('{ }', '{ enable = true }'), guard: profile });
    expect(Object.keys(doors.settings.hooks)).toEqual([name]);
  });
});

/** The members of a question as a page has them written down, by the path they are sent to. */
function membersFor(page: string, path: string): [name: string, placeholder: string][] {
  const [, rest = ''] = page.split(`/hooks/${path}"`);
  const [, members = ''] = /(?:body|params)\s*=?\s*\{([\s\S]*?)\n?\s*\}(?!")/.exec(rest) ?? [];
  return [...members.matchAll(/([a-z]+) = "([^"]+)"/g)].map(([, name, value]) => [
    name as string,
    value as string,
  ]);
}

/** EMQX writes them as `${name}`, the others as letters. */
const VALUES: Readonly<Record<string, string>> = {
  clientid: 'c1',
  username: 'dev1',
  peerhost: '10.0.0.7',
  topic: 'up/c1/t',
  action: 'publish',
  qos: '1',
  retain: 'false',
  '%C': 'c1',
  '%c': 'c1',
  '%u': 'dev1',
  '%a': '10.0.0.7',
  '%A': '2',
  '%t': 'up/c1/t',
};

describe.each([
  ['emqx', 'emqx/authn', 'emqx/authz'],
  ['nanomq', 'nanomq/auth', 'nanomq/acl'],
  ['rmqtt', 'rmqtt/auth', 'rmqtt/acl'],
] as const)('the members that the page about %s names', (name, login, acl) => {
  it('are those that are read: a client logs in by them, and publishes', async () => {
    const doors = await startHooks({ hooks: `${name} { enable = true }` });
    const acl_ = [{ permission: 'allow', action: 'publish', topic: 'up/c1/#', ipaddr: '10.0.0.0/8' }];
    const token = doors.mint({ acl: acl_ });
    const fill = (path: string) => {
      const members = membersFor(read(name), path);
      expect(members.length).toBeGreaterThan(3);
      const value = (text: string) => (/password|%P/.test(text) ? token : VALUES[text.replace(/[${}]/g, '')]);
      return new URLSearchParams(
        members.map(([key, text]): [string, string] => [key, value(text) as string]),
      ).toString();
    };
    const yes = { nanomq: 'allow', emqx: { result: 'allow' }, rmqtt: { result: 'allow' } }[name];
    const about = (body: unknown) =>
      name === 'nanomq' ? body : { result: (body as { result: string }).result };
    for (const path of [login, acl]) {
      const { status, body } = await doors.ask({ path, body: fill(path) });
      expect([status, about(body)], path).toEqual([200, yes]);
    }
  });
});
