// What rules give of each route, and by which of them. Compiled once for all issuers that have the same: ten thousand
// issuers mostly have a handful of roles.
import { LRUCache } from 'lru-cache';
import { allow, type Decision, type Grant } from '../decision.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import type { Route } from './broker-api.ts';
import { NONE, type Rights, subtract, unite, WHOLE } from './rights.ts';
import type { Vocabulary } from './vocabulary.ts';

/** By the index of the route. */
export type Verdicts = readonly Verdict[];

export interface Verdict {
  readonly grant: Grant;
  /** The same as a decision, made once; undefined where it is not allowed. */
  readonly allowed: Decision<Grant> | undefined;
}

/** As much of an issuer's rules as says what its rights are. */
export type RightRules = Pick<IssuerRules, 'roles' | 'allow' | 'deny'>;

/** Whether the rules say what the issuer has; a `deny` alone does not. */
export const saysRights = ({ roles, allow: allowed }: RightRules): boolean =>
  roles !== undefined || allowed !== undefined;

const REMEMBERED = 1000;

export class VerdictTables {
  readonly #vocabulary: Vocabulary;
  readonly #known = new LRUCache<string, Verdicts>({ max: REMEMBERED });

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /**
   * @param parts all of them have to allow
   * @param defaultRole what counts where no part says what the issuer has; none where it is undefined
   */
  find(parts: readonly RightRules[], defaultRole: string | undefined): Verdicts {
    const stated = parts.filter((part) => saysRights(part) || part.deny !== undefined);
    const key = JSON.stringify(stated.map(({ roles, allow: allowed, deny }) => [roles, allowed, deny]));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const byDefault = stated.some(saysRights)
      ? []
      : [{ roles: defaultRole === undefined ? [] : [defaultRole] }];
    const judges = [
      ...byDefault.map((part) => this.#compile(part, 'default_role')),
      ...stated.map((part) => this.#compile(part, 'roles')),
    ];
    const verdicts = this.#vocabulary.profile.routes.map((route) => combine(judges, route));
    this.#known.set(key, verdicts);
    return verdicts;
  }

  #compile({ roles, allow: allowed = [], deny = [] }: RightRules, rule: string): Judge {
    const vocabulary = this.#vocabulary;
    const byRole = (roles ?? []).map(
      (name) => [name, vocabulary.role(name) ?? vocabulary.nothing()] as const,
    );
    const byWord = allowed.map((word) => [word, vocabulary.grant([word])] as const);
    const taken = deny.map((word) => [word, vocabulary.cover(word)] as const);
    const granted = unite(
      byRole.map(([, one]) => one).reduce(unite, vocabulary.nothing()),
      vocabulary.grant(allowed),
    );
    const rights = taken.map(([, one]) => one).reduce(subtract, granted);
    const says = roles !== undefined || allowed.length > 0;
    return { says, rights, byRole, byWord, taken, rule };
  }
}

type Named = readonly (readonly [name: string, rights: Rights])[];

interface Judge {
  /** It says what the issuer has, and does not only take away. */
  readonly says: boolean;
  readonly rights: Rights;
  readonly byRole: Named;
  readonly byWord: Named;
  readonly taken: Named;
  readonly rule: string;
}

function combine(judges: readonly Judge[], route: Route): Verdict {
  const denying = judges.find((judge) => !allows(judge, route));
  const deciding = denying ?? judges.findLast(({ says }) => says) ?? (judges[0] as Judge);
  const grant = Object.freeze(
    denying === undefined ? describeRight(deciding, route) : describeWant(deciding, route),
  );
  return Object.freeze({ grant, allowed: denying === undefined ? Object.freeze(allow(grant)) : undefined });
}

function allows({ says, rights, taken }: Judge, { index }: Route): boolean {
  return says ? rights[index] === WHOLE : taken.every(([, one]) => one[index] === NONE);
}

function describeRight({ byRole, byWord, rule }: Judge, { index }: Route): Grant {
  const roles = namesOf(byRole.filter(([, one]) => one[index] === WHOLE));
  if (roles.length > 0) return { role: roles.join(', '), rule };
  const word = byWord.find(([, one]) => one[index] === WHOLE)?.[0];
  return { role: undefined, rule: word === undefined ? 'allow' : `allow ${word}` };
}

function describeWant({ byRole, taken, rule }: Judge, { index }: Route): Grant {
  const word = taken.find(([, one]) => one[index] !== NONE)?.[0];
  return { role: namesOf(byRole).join(', ') || undefined, rule: word === undefined ? rule : `deny ${word}` };
}

const namesOf = (named: Named): string[] => named.map(([name]) => name);
