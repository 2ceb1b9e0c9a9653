// The policy that another program gives `openGuard`: the words of the settings, judged by the settings' own reader.
import { readPolicyBlock } from '../config/policy-block.ts';
import type { GuardBlock } from '../config/schema.ts';
import type { Problem } from '../failure.ts';
import type { PolicySettings } from '../policy/policy.ts';
import type { ProfileName } from '../policy/profile.ts';
import { isBlock, listSettingNames, toSettings } from './names.ts';

/** Lists may be written as their only entry. Times are texts such as `2027-01-31`, lifetimes such as `15m`. */
export interface IssuerOptions {
  readonly roles?: string | readonly string[];
  /** Classes, actions and patterns such as `clients.*`, beside what the roles give. */
  readonly allow?: string | readonly string[];
  readonly deny?: string | readonly string[];
  readonly audience?: string | readonly string[];
  /** Accepted `sub`: exact, or a beginning and `*`. */
  readonly subjects?: string | readonly string[];
  readonly maxLifetime?: string;
  /** Addresses and networks that its callers come from. */
  readonly sources?: string | readonly string[];
  readonly notAfter?: string;
  /** MQTT filters that it may publish to; a program that hands no bodies to the guard cannot let such an issuer publish. */
  readonly publish?: string | readonly string[];
  readonly observe?: boolean;
}

export interface PolicyOptions {
  /** What an issuer has of which no rule speaks: a role, or `none`. `admin` unless told. */
  readonly defaultRole?: string;
  /** Refusals of the policy are recorded and not enforced. */
  readonly observe?: boolean;
  readonly roles?: Readonly<Record<string, string | readonly string[]>>;
  /** By the full name of the key file. */
  readonly issuers?: Readonly<Record<string, IssuerOptions>>;
}

/** As the schema of the settings takes it. */
export function toPolicyBlock(policy: unknown): unknown {
  const block = toSettings(policy);
  if (!isBlock(block) || !isBlock(block.issuers)) return block;
  const issuers = Object.entries(block.issuers).map(([name, rules]) => [name, toSettings(rules)]);
  return { ...block, issuers: Object.fromEntries(issuers) };
}

/** Names that are none here: spelled as in a settings file, or for the guard's own listener. */
export function listForeignNames(policy: unknown): string[] {
  if (!isBlock(policy)) return [];
  const issuers = Object.entries(isBlock(policy.issuers) ? policy.issuers : {});
  return [
    ...(policy.open === undefined
      ? []
      : ['policy.open is unknown: what needs no token your program decides before it asks the guard']),
    ...listSettingNames(policy, 'policy'),
    ...issuers.flatMap(([name, rules]) => listSettingNames(rules, `policy.issuers.${JSON.stringify(name)}`)),
  ];
}

export function readPolicy(
  block: GuardBlock['policy'],
  profile: ProfileName,
): { readonly settings: PolicySettings; readonly problems: readonly Problem[] } {
  return readPolicyBlock(block, profile, [], () => undefined);
}
