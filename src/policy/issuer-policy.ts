// The rules of one issuer, ready to be asked: its verdicts on every route, and the conditions beside them.
import type { Principal } from '../decision.ts';
import { compileNetworks } from '../http/networks.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import { compilePublishFilters, type PublishRules } from './publish-rules.ts';
import type { Verdicts, VerdictTables } from './verdicts.ts';
import { compileWildcard } from './wildcard.ts';

export interface IssuerPolicy {
  readonly verdicts: Verdicts;
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
  /** Lists of audiences: a token has to be for one of each. */
  readonly audiences: readonly (readonly string[])[];
  readonly maxLifetimeSeconds: number;
  /** Undefined where nothing is said of topics. */
  readonly publish: PublishRules | undefined;
  readonly isObserved: boolean;
}

/** What is known of whoever calls without a word of theirs. */
export interface Caller {
  readonly client: string | undefined;
  readonly clientCertificate?: string | undefined;
}

export interface Condition {
  /** Its name in the settings. */
  readonly rule: 'sources' | 'client_certificates' | 'subjects' | 'not_after';
  holds(principal: Principal, caller: Caller, nowSeconds: number): boolean;
}

export interface PolicyDefaults {
  /** What an issuer has of which nothing is said; undefined for nothing. */
  readonly defaultRole: string | undefined;
  readonly observe: boolean;
}

/** @param parts what the settings and the sidecar say: both have to allow */
export function compileIssuerPolicy(
  parts: readonly IssuerRules[],
  tables: VerdictTables,
  { defaultRole, observe }: PolicyDefaults,
): IssuerPolicy {
  // Both have to say it: a sidecar alone would undo what the settings forbid.
  const isObserved = observe || (parts.length > 0 && parts.every((part) => part.observe === true));
  const filters = parts.flatMap(({ publish }) => (publish === undefined ? [] : [publish]));
  return {
    verdicts: tables.find(parts, defaultRole),
    conditions: parts.flatMap(compileConditions),
    audiences: parts.flatMap(({ audience }) => (audience === undefined ? [] : [audience])),
    maxLifetimeSeconds: Math.min(...parts.map(({ maxLifetimeSeconds = Infinity }) => maxLifetimeSeconds)),
    publish:
      filters.length === 0 ? undefined : { parts: filters.map(compilePublishFilters), filters, isObserved },
    isObserved,
  };
}

function compileConditions(rules: IssuerRules): Condition[] {
  const { sources, clientCertificates, subjects, notAfter } = rules;
  const conditions: Condition[] = [];
  if (sources !== undefined) {
    const isIn = compileNetworks(sources);
    conditions.push({ rule: 'sources', holds: (_, { client }) => isIn(client) });
  }
  if (clientCertificates !== undefined) {
    const isOne = compileAny(clientCertificates);
    conditions.push({
      rule: 'client_certificates',
      holds: (_, { clientCertificate }) => clientCertificate !== undefined && isOne(clientCertificate),
    });
  }
  if (subjects !== undefined) {
    const isOne = compileAny(subjects);
    conditions.push({ rule: 'subjects', holds: ({ subject }) => subject !== undefined && isOne(subject) });
  }
  if (notAfter !== undefined)
    conditions.push({ rule: 'not_after', holds: (_, __, nowSeconds) => nowSeconds <= notAfter });
  return conditions;
}

function compileAny(wildcards: readonly string[]): (text: string) => boolean {
  const matchers = wildcards.map(compileWildcard);
  return (text) => matchers.some((matches) => matches(text));
}
