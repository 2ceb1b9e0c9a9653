// What the operator is told of the policy at a start: who has rules, what the others have, and what is open or not enforced.
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import type { PolicySettings } from './policy.ts';

type Issuers = ReadonlyMap<string, { readonly usable: boolean; readonly rules?: IssuerRules }>;

export function describePolicy(
  settings: PolicySettings,
  { issuers }: { readonly issuers: Issuers },
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
    ...(observe ? ['policy: nothing is enforced, only recorded (guard.policy.observe)'] : []),
    ...open.map(
      ({ actions, sources }) =>
        `policy: open without a token: ${actions.join(', ')} from ${sources.join(', ')}`,
    ),
  ];
}
