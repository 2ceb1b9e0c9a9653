// What a token says of its own rights: words of the policy, or the broker's own. They narrow what the issuer may do, and never
// widen it; a word that nobody knows gives nothing.
import type { ClaimedRights } from '../decision.ts';
import { measureAlias } from './aliases.ts';
import type { Route } from './broker-api.ts';
import { type PathRule, readResourceScopes } from './rabbitmq-scopes.ts';
import { intersect, NONE, type Rights, unite } from './rights.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Narrowing {
  readonly rights: Rights;
  /** What the path itself has to be, for scopes that name resources. */
  readonly pathRule: PathRule | undefined;
}

export function compileClaimedRights({ scope, roles }: ClaimedRights, vocabulary: Vocabulary): Narrowing {
  const resources =
    vocabulary.profile.name === 'rabbitmq' && scope !== undefined ? readResourceScopes(scope) : undefined;
  const words = resources === undefined ? scope : resources.words;
  const parts = [words, roles].filter((part) => part !== undefined);
  const rights = parts.map((part) => measureWords(part, vocabulary)).reduce(intersect);
  return { rights, pathRule: resources?.pathRule };
}

/** A word of the broker's that is one of ours too means what ours means. */
function measureWords(words: readonly string[], vocabulary: Vocabulary): Rights {
  const aliases = [...new Set(words)].flatMap((word) => {
    const rights = measureAlias(word, vocabulary);
    return rights === undefined || vocabulary.isKnown(word) ? [] : [rights];
  });
  return aliases.reduce(unite, vocabulary.grant(words));
}

/**
 * How much of a route it leaves.
 * @param path canonical
 */
export function leavesOf({ rights, pathRule }: Narrowing, route: Route, path: string): number {
  return pathRule === undefined || pathRule(route, path) ? (rights[route.index] as number) : NONE;
}
