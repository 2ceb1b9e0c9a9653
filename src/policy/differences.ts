// What changes for whom between two policies: actions that an issuer gains or loses, and conditions that are others.
import type { FiledIssuer, Policy } from './policy.ts';
import { allowedOf, type Verdict } from './verdicts.ts';

export interface PolicyState {
  readonly policy: Policy;
  readonly issuers: ReadonlyMap<string, FiledIssuer & { readonly usable: boolean }>;
}

export interface Difference {
  readonly issuer: string;
  readonly gains: readonly string[];
  readonly loses: readonly string[];
  /** Conditions that come, go or change. */
  readonly conditions: readonly string[];
}

/** The name that stands for every issuer of which nothing is said. */
export const ANY_OTHER = '(any other issuer)';

/** Callers for whom something is open. */
export const NOBODY = '(without a token)';

const CONDITIONS = [
  'audience',
  'subjects',
  'maxLifetimeSeconds',
  'sources',
  'notAfter',
  'publish',
  'observe',
] as const;

export function listDifferences(before: PolicyState, after: PolicyState): Difference[] {
  const named = [before, after].flatMap(({ policy, issuers }) => [
    ...Object.keys(policy.settings.issuers),
    ...issuers.keys(),
  ]);
  return [...new Set(named)]
    .sort()
    .concat(ANY_OTHER)
    .map((issuer) => compare(issuer, before, after))
    .concat(compareOpen(before, after))
    .filter(({ gains, loses, conditions }) => gains.length + loses.length + conditions.length > 0);
}

function compare(issuer: string, before: PolicyState, after: PolicyState): Difference {
  const [old, now] = [listActions(issuer, before), listActions(issuer, after)];
  const [oldRules, newRules] = [describeConditions(issuer, before), describeConditions(issuer, after)];
  return {
    issuer,
    gains: [...now].filter((action) => !old.has(action)),
    loses: [...old].filter((action) => !now.has(action)),
    conditions: CONDITIONS.filter((name) => oldRules.get(name) !== newRules.get(name)).map(toSettingName),
  };
}

function compareOpen(before: PolicyState, after: PolicyState): Difference {
  const [old, now] = [listOpen(before), listOpen(after)];
  return {
    issuer: NOBODY,
    gains: [...now.keys()].filter((action) => !old.has(action)),
    loses: [...old.keys()].filter((action) => !now.has(action)),
    conditions: [...now].some(([action, sources]) => (old.get(action) ?? sources) !== sources)
      ? ['sources']
      : [],
  };
}

/** Open actions with the addresses they are open for. */
function listOpen({ policy }: PolicyState): Map<string, string> {
  const sources = new Map<string, string>();
  for (const rule of policy.settings.open)
    for (const action of rule.actions)
      sources.set(action, [sources.get(action), ...rule.sources].filter(Boolean).join(' '));
  return sources;
}

/** As it is filed, or as it would be once it has a key. */
const fileOf = (issuer: string, { issuers }: PolicyState): FiledIssuer & { readonly usable?: boolean } =>
  issuers.get(issuer) ?? { name: issuer };

function listActions(issuer: string, state: PolicyState): Set<string> {
  const filed = fileOf(issuer, state);
  const { verdicts } = state.policy.of(filed);
  if (filed.usable === false) return new Set();
  const { routes } = state.policy.vocabulary.profile;
  const names = routes.map(({ index, action }) => nameAllowed(verdicts[index], action.name));
  return new Set(names.filter((name) => name !== undefined));
}

const nameAllowed = (verdict: Verdict | undefined, name: string): string | undefined => {
  if (verdict === undefined || allowedOf(verdict) === undefined) return undefined;
  return verdict.whole === undefined ? `${name} (redacted)` : name;
};

function describeConditions(issuer: string, state: PolicyState): Map<string, string> {
  const { issuers } = state.policy.settings;
  const own = Object.hasOwn(issuers, issuer) ? issuers[issuer] : undefined;
  const filed = fileOf(issuer, state);
  const described = CONDITIONS.map(
    (name) => [name, JSON.stringify([own?.[name], filed.rules?.[name]])] as const,
  );
  return new Map([...described, ['observe', String(state.policy.of(filed).isObserved)]]);
}

const toSettingName = (name: (typeof CONDITIONS)[number]): string =>
  name === 'maxLifetimeSeconds' ? 'max_lifetime' : name === 'notAfter' ? 'not_after' : name;
