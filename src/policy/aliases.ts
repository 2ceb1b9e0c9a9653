// The brokers' own words for rights, as far as they are ours in other words: EMQX's roles and scopes, RabbitMQ's tags, VerneMQ's
// scopes. A word that is in no list here gives nothing.
import type { Route } from './broker-api.ts';
import { measureRights, NONE, type Rights, subtract, unite, WHOLE } from './rights.ts';
import type { Vocabulary } from './vocabulary.ts';

interface Alias {
  readonly words: readonly string[];
  readonly except?: readonly string[];
}

const EMQX_ROLES: Readonly<Record<string, Alias>> = { administrator: { words: ['admin'] } };

const MANAGEMENT: Alias = {
  words: ['read', 'publish', 'write'],
  except: ['nodes.*', 'parameters.*', 'users.*', 'permissions.*', 'definitions.*'],
};
const RABBITMQ_TAGS: Readonly<Record<string, Alias | readonly Alias[]>> = {
  management: MANAGEMENT,
  policymaker: [MANAGEMENT, { words: ['policies.*', 'parameters.*', 'federation.restart', 'shovels.*'] }],
  monitoring: [MANAGEMENT, { words: ['nodes.*', 'kick', 'auth-attempts.list'] }],
  administrator: { words: ['admin'] },
};

const ALIASES: Readonly<Record<string, Readonly<Record<string, Alias | readonly Alias[]>>>> = {
  emqx: EMQX_ROLES,
  rabbitmq: RABBITMQ_TAGS,
};

/** VerneMQ's scopes are parts of its paths. */
const VERNEMQ_ROOTS: Readonly<Record<string, readonly string[]>> = {
  mgmt: ['/api/v1'],
  api2: ['/api/v2'],
  metrics: ['/metrics'],
  status: ['/status', '/status.json'],
  health: ['/health'],
  httppub: ['/restmqtt'],
};

/** What a word of the broker's gives; undefined where it is none. */
export function measureAlias(word: string, vocabulary: Vocabulary): Rights | undefined {
  const { name, routes } = vocabulary.profile;
  const aliases = ALIASES[name];
  if (aliases !== undefined && Object.hasOwn(aliases, word)) {
    const parts = [aliases[word] as Alias | readonly Alias[]].flat();
    return parts.map((part) => measure(part, vocabulary)).reduce(unite);
  }
  const isIn = name === 'vernemq' ? isBelowScope(word) : ({ scope }: Route) => scope === word;
  if (!routes.some(isIn)) return undefined;
  return measureRights(routes, (route) => (isIn(route) ? WHOLE : NONE));
}

function measure({ words, except = [] }: Alias, vocabulary: Vocabulary): Rights {
  const taken = except.map((word) => vocabulary.cover(word)).reduce(unite, vocabulary.nothing());
  return subtract(vocabulary.grant(words), taken);
}

function isBelowScope(word: string): (route: Route) => boolean {
  const roots = Object.hasOwn(VERNEMQ_ROOTS, word) ? (VERNEMQ_ROOTS[word] as readonly string[]) : [];
  return ({ template }) => roots.some((root) => template === root || template.startsWith(`${root}/`));
}
