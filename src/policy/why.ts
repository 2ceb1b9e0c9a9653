// What the policy says of one call, put into words: for whoever writes rules, and for whoever was refused.
import { type Denial, type Principal, REASONS } from '../decision.ts';
import { locateCall } from './locate.ts';
import type { Asked, FiledIssuer, Policy } from './policy.ts';

export interface Why {
  /** Null where the catalogue knows none. */
  readonly action: string | null;
  readonly class: string | null;
  readonly allowed: boolean;
  /** Its secrets are left out of the answer; absent where they are not. */
  readonly redacted?: true;
  /** What the body may publish to, where that is judged as well: by settings and sidecar, both have to allow. */
  readonly publish?: readonly (readonly string[])[];
  /** The rule of the policy that decides, or the reason why it is not asked. */
  readonly rule: string;
  /** The roles of the caller that decide, or those that are not enough. */
  readonly role?: string | undefined;
  readonly message?: string;
}

export interface Caller {
  readonly principal: Principal;
  readonly filed: FiledIssuer;
  readonly client: string | undefined;
  readonly nowSeconds: number;
}

/** A caller of whom nothing is known but the issuer. */
export const callerOf = (filed: FiledIssuer, nowSeconds: number, client?: string): Caller => ({
  principal: {
    issuer: filed.name,
    subject: undefined,
    tokenId: undefined,
    thumbprint: '',
    bodyEncode: 0,
    issuedAt: -Infinity,
    tokenDigest: '',
    claimedRights: undefined,
  },
  filed,
  client,
  nowSeconds,
});

/** @param text the path, with or without a query */
export function explainCall(policy: Policy, caller: Caller, method: string, text: string): Why {
  const located = locateCall(policy.vocabulary.profile, method, text);
  if (!located.allowed) return refuse(located);
  const { route } = located.value;
  const asked: Asked = { ...located.value, client: caller.client };
  const decision = policy.authorize(caller.principal, caller.filed, asked, caller.nowSeconds);
  const grant = decision.allowed ? decision.value : decision.grant;
  const permit = decision.allowed ? decision.value : undefined;
  const isRedacted = permit?.hides !== undefined || permit?.wouldRedact === true;
  return {
    action: route?.action.name ?? null,
    class: isRedacted ? 'read' : (route?.action.class ?? null),
    allowed: permit !== undefined && permit.wouldDeny === undefined,
    ...(isRedacted && { redacted: true as const }),
    ...(permit?.publish !== undefined && { publish: permit.publish.filters }),
    rule: grant?.rule ?? 'none',
    role: grant?.role,
    ...(!decision.allowed && { message: decision.detail ?? REASONS[decision.reason].message }),
  };
}

const refuse = ({ reason, detail, allowedMethods }: Denial): Why => ({
  action: null,
  class: null,
  allowed: false,
  rule: reason,
  message: [REASONS[reason].message, detail, allowedMethods && `Allow: ${allowedMethods.join(', ')}`]
    .filter(Boolean)
    .join(' '),
});

/** What is asked of the bodies of an allowed call, as the rest of a sentence; empty where nothing is. */
export function describeBodies({ redacted, publish }: Why): string {
  if (redacted) return ', without the secrets of its answer';
  if (publish === undefined) return '';
  return `, where the body names only topics of ${publish.map((filters) => `publish [${filters.join(', ')}]`).join(' and ')}`;
}
