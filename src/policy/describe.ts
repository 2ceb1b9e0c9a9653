// What the operator is told of the policy at a start: who has rules, what the others have, and what is open or not enforced.
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import type { PolicySettings } from './policy.ts';

type Issuers = ReadonlyMap<string, { readonly usable: boolean; readonly rules?: IssuerRules }>;

/** @param maxLifetimeSeconds of every token; undefined where only the rules of an issuer may have a limit */
export function describePolicy(
  settings: PolicySettings,
  { issuers }: { readonly issuers: Issuers },
  maxLifetimeSeconds: number | undefined,
): string[] {
  const { defaultRole, observe, open } = settings;
  const usable = [...issuers].filter(([, issuer]) => issuer.usable);
  const ruled = usable.filter(
    ([name, { rules }]) => rules !== undefined || Object.hasOwn(settings.issuers, name),
  );
  const role = defaultRole === undefined ? 'no role' : `the role ${defaultRole}`;
  const who =
    ruled.length === 0
      ? 'every issuer'
      : `${ruled.length} of ${usable.length} issuers have rules, every other`;
  return [
    `policy: ${who} has ${role} (guard.policy.default_role)`,
    ...(maxLifetimeSeconds === undefined ? describeEndless(settings, usable) : []),
    ...(observe ? ['policy: nothing is enforced, only recorded (guard.policy.observe)'] : []),
    ...open.map(
      ({ actions, sources }) =>
        `policy: open without a token: ${actions.join(', ')} from ${sources.join(', ')}`,
    ),
  ];
}

const MAX_NAMES_SHOWN = 5;

/** Issuers whose tokens are good for as long as they say, a stolen one too. */
function describeEndless(
  { issuers }: PolicySettings,
  usable: readonly (readonly [string, { readonly rules?: IssuerRules }])[],
): string[] {
  const isLimited = (rules: IssuerRules | undefined) => rules?.maxLifetimeSeconds !== undefined;
  const ownRules = (name: string) => (Object.hasOwn(issuers, name) ? issuers[name] : undefined);
  const endless = usable
    .filter(([name, { rules }]) => !isLimited(rules) && !isLimited(ownRules(name)))
    .map(([name]) => name);
  if (endless.length === 0) return [];
  const names = endless.slice(0, MAX_NAMES_SHOWN).join(', ');
  const more = endless.length > MAX_NAMES_SHOWN ? ` and ${endless.length - MAX_NAMES_SHOWN} more` : '';
  const whose = endless.length === usable.length ? 'every issuer' : names + more;
  return [`policy: tokens of ${whose} live for as long as they say (guard.token.max_lifetime is none)`];
}
