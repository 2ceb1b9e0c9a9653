// What rules give of each route, and by which of them. Compiled once for all issuers that have the same: ten thousand
// issuers mostly have a handful of roles.
import { LRUCache } from 'lru-cache';
import { allow, type Decision, type Grant } from '../decision.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import type { Route } from './broker-api.ts';
import type { Permit } from './permit.ts';
import { NONE, type Rights, settle, subtract, WHOLE } from './rights.ts';
import type { Vocabulary } from './vocabulary.ts';

/** By the index of the route. */
export type Verdicts = readonly Verdict[];

export interface Verdict {
  readonly grant: Grant;
  /** A bit for the call and one for its secrets: a token may have less. */
  readonly right: number;
  /** Decisions, made once, for all of it and for a redacted read; undefined where there is none. */
  readonly whole: Decision<Permit> | undefined;
  readonly redacted: Decision<Permit> | undefined;
}

/** What is allowed of the route, as far as nothing else narrows it. */
export const allowedOf = ({ whole, redacted }: Verdict): Decision<Permit> | undefined => whole ?? redacted;

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
    const same = new SameVerdicts();
    const verdicts = this.#vocabulary.profile.routes.map((route) => combine(judges, route, same));
    this.#known.set(key, verdicts);
    return verdicts;
  }

  #compile(part: RightRules, rule: string): Judge {
    const { roles = [], allow: allowed = [], deny = [] } = part;
    const vocabulary = this.#vocabulary;
    const byRole = roles.map((name) => [name, vocabulary.role(name) ?? vocabulary.nothing()] as const);
    const byWord = allowed.map((word) => [word, vocabulary.grant([word])] as const);
    const taken = deny.map((word) => [word, vocabulary.cover(word)] as const);
    // Of both together: a role that reads and the word `secrets` give a read with its secrets.
    const granted = vocabulary.grant([...roles, ...allowed]);
    const rights = taken.map(([, one]) => one).reduce(subtract, granted);
    return { says: saysRights(part), rights, byRole, byWord, taken, rule };
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

/** @param same verdicts that are there already: a table of hundreds of routes has a few different ones */
function combine(judges: readonly Judge[], route: Route, same: SameVerdicts): Verdict {
  const right = judges.reduce((left, judge) => left & rightOf(judge, route), WHOLE);
  const settled = settle(right, route);
  // Whoever leaves the least decides; among those, the last who says what there is.
  const least = judges.filter((judge) => settle(rightOf(judge, route), route) === settled);
  const saying = least.findLast(({ says }) => says) ?? judges.findLast(({ says }) => says);
  const deciding = (settled === NONE ? least[0] : saying) ?? (judges[0] as Judge);
  const grant = settled === NONE ? describeWant(deciding, route) : describeRight(deciding, route, settled);
  return same.find(grant, right, settled, route.secrets);
}

class SameVerdicts {
  readonly #known = new Map<Route['secrets'], Map<string, Verdict>>();

  find(grant: Grant, right: number, settled: number, secrets: Route['secrets']): Verdict {
    const known = this.#known.get(secrets) ?? new Map<string, Verdict>();
    this.#known.set(secrets, known);
    const key = JSON.stringify([right, settled, grant.role, grant.rule]);
    const verdict = known.get(key) ?? makeVerdict(Object.freeze(grant), right, settled, secrets);
    known.set(key, verdict);
    return verdict;
  }
}

function makeVerdict(grant: Grant, right: number, settled: number, secrets: Route['secrets']): Verdict {
  return Object.freeze({
    grant,
    right,
    whole: settled === WHOLE ? permit(grant, undefined) : undefined,
    redacted: settled === NONE || secrets === undefined ? undefined : permit(grant, secrets),
  });
}

function permit({ role, rule }: Grant, hides: Permit['hides']): Decision<Permit> {
  const redacts = hides === undefined ? undefined : true;
  return Object.freeze(allow<Permit>(Object.freeze({ role, rule, redacts, hides, publish: undefined })));
}

function rightOf({ says, rights, taken }: Judge, { index }: Route): number {
  if (says) return rights[index] as number;
  return taken.reduce((left, [, one]) => left & ~(one[index] as number), WHOLE);
}

function describeRight({ byRole, byWord, rule }: Judge, { index }: Route, settled: number): Grant {
  const has = ([, one]: Named[number]) => ((one[index] as number) & settled) === settled;
  const some = ([, one]: Named[number]) => one[index] !== NONE;
  const roles = namesOf(byRole.some(has) ? byRole.filter(has) : byRole.filter(some));
  if (roles.length > 0) return { role: roles.join(', '), rule };
  const word = (byWord.find(has) ?? byWord.find(some))?.[0];
  return { role: undefined, rule: word === undefined ? 'allow' : `allow ${word}` };
}

function describeWant({ byRole, taken, rule }: Judge, { index }: Route): Grant {
  const word = taken.find(([, one]) => one[index] !== NONE)?.[0];
  return { role: namesOf(byRole).join(', ') || undefined, rule: word === undefined ? rule : `deny ${word}` };
}

const namesOf = (named: Named): string[] => named.map(([name]) => name);
