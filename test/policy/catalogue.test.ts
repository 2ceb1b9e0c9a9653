// The catalogues as data: every row is sound and is what its own template matches first; the documents show them all.
import { describe, expect, it } from 'vitest';
import { ACTION_CLASSES } from '../../src/decision.ts';
import { splitTemplate } from '../../src/policy/broker-api.ts';
import { loadProfile, PROFILE_NAMES } from '../../src/policy/profile.ts';
import { formatActions } from '../support/actions-page.ts';

/** A path that a template means, with a name of its own in the place of each parameter. */
const fill = (template: string): string =>
  template.replaceAll(/\{[^}]*\}/g, (parameter) =>
    parameter.endsWith('...}') ? 'rest-1/rest-2' : parameter.endsWith('/}') ? 'a%2Fb' : 'a-name',
  );

describe.each(PROFILE_NAMES)('the catalogue of %s', (name) => {
  const profile = loadProfile(name);

  it('has a sound action, class and path in every row', () => {
    expect(profile.routes.length).toBeGreaterThan(2);
    for (const { action, method, template } of profile.routes) {
      expect(action.name).toMatch(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/);
      expect(ACTION_CLASSES).toContain(action.class);
      expect(method).toMatch(/^(?:GET|POST|PUT|PATCH|DELETE)$/);
      expect(template).toMatch(/^(?:\/(?:[\w.-]+|\{[a-z_]+\/?(?:\.\.\.)?\}))+$/);
    }
  });

  it('lies below the roots of the profile', () => {
    const isBelow = (path: string) =>
      profile.target.roots.some((root) => path === root || path.startsWith(`${root}/`));
    expect(profile.routes.filter(({ template }) => !isBelow(template))).toEqual([]);
  });

  it('matches each row by its own template first', () => {
    for (const route of profile.routes)
      expect(profile.match(fill(route.template))?.byMethod.get(route.method), route.template).toBe(route);
  });

  it('names targets that stand in the path', () => {
    for (const { targets, template } of profile.routes) {
      for (const { from, name, segment } of targets.filter(({ from }) => from === 'path'))
        expect(splitTemplate(template)[segment], `${from}:${name} of ${template}`).toMatch(`{${name}`);
    }
  });

  it('names one class for an action, except where the method is another', () => {
    const classes = new Map<string, Set<string>>();
    for (const { action } of profile.routes)
      classes.set(action.name, (classes.get(action.name) ?? new Set()).add(action.class));
    expect([...classes].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  it('stands in the documents, row by row', async () => {
    await expect(formatActions(profile)).toMatchFileSnapshot(`../../docs/actions/${name}.md`);
  });
});

describe('a path', () => {
  const emqx = loadProfile('emqx');
  const rabbitmq = loadProfile('rabbitmq');

  it('is matched before the method: a literal segment never falls through to a parameter', () => {
    const found = rabbitmq.match('/api/users/bulk-delete');
    expect(found?.byMethod.get('POST')?.action.name).toBe('users.delete-many');
    expect(found?.byMethod.get('GET')).toBeUndefined();
    expect(rabbitmq.match('/api/users/alice')?.byMethod.get('GET')?.action.name).toBe('users.read');
  });

  it('with one slash at its end is the same route, but not for Mosquitto', () => {
    expect(emqx.match('/api/v5/clients/')).toBe(emqx.match('/api/v5/clients'));
    expect(emqx.match('/api/v5/clients')).toBeDefined();
    const mosquitto = loadProfile('mosquitto');
    expect(mosquitto.match('/api/v1/version')).toBeDefined();
    expect(mosquitto.match('/api/v1/version/')).toBeUndefined();
  });

  it('is compared with its capitals', () => {
    expect(loadProfile('nanomq').match('/api/v4/ctrl/STOP')).toBeUndefined();
  });

  it('holds an escaped slash only where the catalogue says so', () => {
    expect(rabbitmq.match('/api/queues/%2F')?.byMethod.get('GET')?.action.name).toBe('queues.list');
    expect(rabbitmq.match('/api/nodes/a%2Fb')).toBeUndefined();
    expect(loadProfile('vernemq').match('/assets/a%2Fb')).toBeUndefined();
    expect(loadProfile('generic').match('/a/b%2Fc/d')).toBeDefined();
  });

  it('that is longer or shorter than every template is unknown', () => {
    expect(emqx.match('/api/v5/clients/c/subscriptions/x')).toBeUndefined();
    expect(emqx.match('/api')).toBeUndefined();
    expect(emqx.match('/api/v5/clients//')).toBeUndefined();
  });
});

describe('HEAD', () => {
  it('is judged as GET where the broker answers it', () => {
    const { match } = loadProfile('rabbitmq');
    expect(match('/api/queues')?.byMethod.get('HEAD')?.action.name).toBe('queues.list');
    expect(match('/api/auth/hash_password/x')?.byMethod.get('HEAD')).toBeUndefined();
    expect(match('/api/auth/hash_password/x')?.methods).toEqual(['GET']);
  });

  it('is no method of a broker that does not answer it', () => {
    for (const name of ['nanomq', 'emqx', 'mosquitto', 'rmqtt'] as const)
      expect(loadProfile(name).methods).not.toContain('HEAD');
  });
});
