// What the words of a policy mean for one broker: classes, actions, patterns such as `clients.*`, and roles. Compiled once
// for each reading of the settings.
import { ACTION_CLASSES } from '../decision.ts';
import type { Route } from './broker-api.ts';
import type { Profile } from './profile.ts';
import {
  measureRights,
  NONE,
  REDACTED,
  type Rights,
  SECRETS,
  settle,
  subtract,
  unite,
  WHOLE,
} from './rights.ts';
import { BUILT_IN_ROLES, ONLY_BY_NAME, type RoleRules } from './roles.ts';
import { compileWildcard } from './wildcard.ts';

/** Own roles by name: classes, actions, patterns, and built-in roles. */
export type OwnRoles = Readonly<Record<string, readonly string[]>>;

export class Vocabulary {
  readonly profile: Profile;
  readonly #roles = new Map<string, Rights>();
  readonly #byAction: ReadonlyMap<string, readonly Route[]>;

  constructor(profile: Profile, own: OwnRoles) {
    this.profile = profile;
    this.#byAction = groupByAction(profile.routes);
    for (const [name, rules] of Object.entries(BUILT_IN_ROLES)) this.#roles.set(name, this.#compile(rules));
    for (const [name, words] of Object.entries(own)) this.#roles.set(name, this.grant(words));
  }

  get roleNames(): string[] {
    return [...this.#roles.keys()];
  }

  role(name: string): Rights | undefined {
    return this.#roles.get(name);
  }

  /** The roles that have all of a route. */
  rolesWith(route: Route): string[] {
    return this.#rolesThatHave(WHOLE, route);
  }

  /** The roles that have it without what its answer hides. */
  rolesRedacted(route: Route): string[] {
    return this.#rolesThatHave(REDACTED, route);
  }

  /** All of these, in words. */
  listRoles(route: Route): string[] {
    return [...this.rolesWith(route), ...this.rolesRedacted(route).map((name) => `${name} (redacted)`)];
  }

  #rolesThatHave(right: number, route: Route): string[] {
    return this.roleNames.filter(
      (name) => settle(this.#roles.get(name)?.[route.index] ?? NONE, route) === right,
    );
  }

  /** Whether the word means anything in `allow`, `deny` or a role. */
  isKnown(word: string): boolean {
    return isClass(word) || this.#roles.has(word) || this.#selectActions(word).length > 0;
  }

  /** Every word that means something, but for patterns. */
  get words(): string[] {
    return [...this.roleNames, ...ACTION_CLASSES, ...this.#byAction.keys()];
  }

  /** What words give together: a word that means nothing gives nothing. */
  grant(words: readonly string[]): Rights {
    const rights = this.nothing();
    // A token may bring thousands, most of which mean nothing.
    for (const word of new Set(words)) this.#raise(rights, word);
    return rights;
  }

  /** Everything a word takes away. */
  cover(word: string): Rights {
    const role = this.#roles.get(word);
    if (role !== undefined) return role;
    if (word === 'secrets') return measureRights(this.profile.routes, coverSecrets);
    const { routes } = this.profile;
    const covered = new Set(
      isClass(word) ? routes.filter(({ action }) => action.class === word) : this.#selectActions(word),
    );
    return measureRights(routes, (route) => (covered.has(route) ? WHOLE : NONE));
  }

  nothing(): Rights {
    return new Uint8Array(this.profile.routes.length);
  }

  #compile({ words, except, kept }: RoleRules): Rights {
    const taken = except.map((word) => this.cover(word)).reduce(unite, this.nothing());
    const spared = kept.map((word) => this.cover(word)).reduce(unite, this.nothing());
    return subtract(this.grant(words), subtract(taken, spared));
  }

  #raise(rights: Rights, word: string): void {
    const role = this.#roles.get(word);
    if (role !== undefined) for (const [index, right] of role.entries()) raise(rights, index, right);
    else if (isClass(word))
      for (const route of this.profile.routes) raise(rights, route.index, measureByClass(word, route));
    else
      for (const { index, action } of this.#selectActions(word))
        if (isNamed(action.name, word)) raise(rights, index, WHOLE);
  }

  #selectActions(word: string): readonly Route[] {
    if (!word.includes('*')) return this.#byAction.get(word) ?? [];
    const matches = compileWildcard(word);
    return [...this.#byAction].flatMap(([name, routes]) => (matches(name) ? routes : []));
  }
}

function groupByAction(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const { name } = route.action;
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  return groups;
}

function raise(rights: Rights, index: number, right: number): void {
  rights[index] = (rights[index] as number) | right;
}

const isClass = (word: string): boolean => (ACTION_CLASSES as readonly string[]).includes(word);

function measureByClass(word: string, { action, hides, secrets }: Route): number {
  if (isOnlyByName(action.name)) return NONE;
  // What a read hides belongs to the class `secrets`, and a read of secrets without them is a read.
  if (word === 'read') return action.class === 'read' ? withoutHidden(hides) : secrets ? REDACTED : NONE;
  if (action.class === word) return WHOLE;
  return word === 'secrets' && action.class === 'read' && hides.length > 0 ? SECRETS : NONE;
}

const withoutHidden = (hides: readonly string[]): number => (hides.length === 0 ? WHOLE : REDACTED);

/** Whoever loses the class keeps what is a read without it. */
function coverSecrets({ action, hides, secrets }: Route): number {
  if (secrets !== undefined) return SECRETS;
  return action.class === 'secrets' || (action.class === 'read' && hides.length > 0) ? WHOLE : NONE;
}

/** A pattern that begins with its wildcard names nothing by its name. */
const isNamed = (name: string, word: string): boolean => !word.startsWith('*') || !isOnlyByName(name);

const RESERVED = ONLY_BY_NAME.map(compileWildcard);
const isOnlyByName = (name: string): boolean => RESERVED.some((matches) => matches(name));
