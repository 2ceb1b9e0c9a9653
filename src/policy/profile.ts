// What the guard knows of a broker's management API, as data: its base path, its methods, which routes are
// which actions, and its quirks.
import type { ActionName } from '../decision.ts';
import type { TargetRules } from '../http/target.ts';

export interface Profile {
  readonly name: string;
  readonly target: TargetRules;
  readonly methods: readonly string[];
  /** Publishes that the broker does well to have in hand at a time; undefined where any number is well. */
  readonly publishesAtOnce: number | undefined;
  /** What the guard itself asks for, to see whether the broker answers and takes its credentials. */
  readonly probe: string;
  /** First path segment below the base path -> what reading it and what changing it means. */
  readonly routes: ReadonlyMap<string, Route>;
}

interface Route {
  readonly read: ActionName;
  readonly change: ActionName;
}

const reads: Route = { read: 'read', change: 'write' };
const publishes: Route = { read: 'publish', change: 'publish' };
const configures: Route = { read: 'configure', change: 'configure' };
const controls: Route = { read: 'control', change: 'control' };

const readsOf = (segment: string): [string, Route] => [segment, reads];
const configuresOf = (segment: string): [string, Route] => [segment, configures];

const NANOMQ: Profile = {
  name: 'nanomq',
  target: {
    basePath: '/api/v4',
    basePathOnce: true,
    // MQTT client ids.
    encodedSlash: /^\/api\/v4\/(?:clients|subscriptions)\/[^/]+$/,
  },
  // It answers HEAD with 405.
  methods: ['GET', 'POST', 'PUT', 'DELETE'],
  publishesAtOnce: 2,
  probe: '/api/v4',
  routes: new Map([
    ['', reads],
    ['brokers', reads],
    ['nodes', reads],
    ['metrics', reads],
    ['prometheus', reads],
    ['clients', reads],
    ['subscriptions', reads],
    ['topic-tree', reads],
    ['rules', reads],
    ['bridges', reads],
    ['mqtt', publishes],
    // Reading the configuration shows passwords: it is not an ordinary read.
    ['configuration', configures],
    ['config_update', configures],
    ['reload', configures],
    ['ctrl', controls],
  ]),
};

const RABBITMQ: Profile = {
  name: 'rabbitmq',
  target: {
    basePath: '/api',
    basePathOnce: false,
    // Everything behind the word for what is asked: the default virtual host is called /, and a queue may be called so.
    encodedSlash: /^\/api\/(?:(?!%2F)[^/])+\//,
  },
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
  publishesAtOnce: undefined,
  probe: '/api/whoami',
  routes: new Map([
    ...['overview', 'nodes', 'cluster-name', 'extensions', 'whoami', 'health'].map(readsOf),
    ...['connections', 'channels', 'consumers', 'exchanges', 'queues', 'bindings', 'vhosts'].map(readsOf),
    ...['policies', 'operator-policies', 'parameters', 'global-parameters'].map(configuresOf),
    // Definitions hold password hashes.
    ...['users', 'permissions', 'topic-permissions', 'definitions'].map(configuresOf),
    ...['user-limits', 'vhost-limits', 'feature-flags', 'config'].map(configuresOf),
    ['reset', controls],
    ['rebalance', controls],
  ]),
};

const GENERIC: Profile = {
  name: 'generic',
  target: { basePath: '', basePathOnce: false, encodedSlash: /^/ },
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  publishesAtOnce: undefined,
  probe: '/',
  routes: new Map(),
};

export const PROFILES = { nanomq: NANOMQ, rabbitmq: RABBITMQ, generic: GENERIC } as const;
export type ProfileName = keyof typeof PROFILES;

/** The class of what `method` asks of a canonical path; `other` where the profile does not know the route. */
export function classifyAction(profile: Profile, method: string, path: string): ActionName {
  const start = profile.target.basePath.length + 1;
  const end = path.indexOf('/', start);
  const route = profile.routes.get(end === -1 ? path.slice(start) : path.slice(start, end));
  if (route === undefined) return 'other';
  return method === 'GET' || method === 'HEAD' ? route.read : route.change;
}
