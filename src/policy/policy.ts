// Who may do what: the question every door asks once a caller is known. Two look-ups where the answer is yes: the issuer's
// compiled rules, and in them the verdict on the route.
import { type Decision, type Denial, deny, denyPermission, type Grant, type Principal } from '../decision.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import type { Route } from './broker-api.ts';
import { compileClaimedRights, leavesOf, type Narrowing } from './claimed-rights.ts';
import { compileIssuerPolicy, type IssuerPolicy, type PolicyDefaults } from './issuer-policy.ts';
import { compileOpenActions, type OpenActions, type OpenRule } from './open-actions.ts';
import type { Permit } from './permit.ts';
import { loadProfile, type ProfileName } from './profile.ts';
import { findQueryFault, findSecretAsked } from './query.ts';
import { NONE, REDACTED, settle, WHOLE } from './rights.ts';
import { allowedOf, type Verdict, VerdictTables } from './verdicts.ts';
import { type OwnRoles, Vocabulary } from './vocabulary.ts';

export interface PolicySettings extends PolicyDefaults {
  readonly roles: OwnRoles;
  /** By the full name of the issuer. */
  readonly issuers: Readonly<Record<string, IssuerRules>>;
  readonly open: readonly OpenRule[];
}

/** As much of a filed issuer as its rights hang on. */
export interface FiledIssuer {
  readonly name: string;
  /** Of its sidecar. */
  readonly rules?: IssuerRules | undefined;
}

/** What is asked for. */
export interface Asked {
  /** Undefined where the catalogue does not know the path. */
  readonly route: Route | undefined;
  readonly target: { readonly path: string; readonly text: string } | undefined;
  /** The address it comes from. */
  readonly client: string | undefined;
  /** The subject of the certificate that the client has shown. */
  readonly clientCertificate?: string | undefined;
}

export class Policy {
  readonly vocabulary: Vocabulary;
  readonly settings: PolicySettings;
  readonly #tables: VerdictTables;
  readonly #issuers = new WeakMap<FiledIssuer, IssuerPolicy>();
  readonly #narrowings = new WeakMap<object, Narrowing>();
  readonly #open: OpenActions;

  constructor(profile: ProfileName, settings: PolicySettings) {
    this.settings = settings;
    this.vocabulary = new Vocabulary(loadProfile(profile), settings.roles);
    this.#tables = new VerdictTables(this.vocabulary);
    this.#open = compileOpenActions(settings.open, this.vocabulary.profile.routes);
  }

  /** The rules of an issuer, by the object it is filed as: another object, other rules. */
  of(filed: FiledIssuer): IssuerPolicy {
    const known = this.#issuers.get(filed);
    if (known !== undefined) return known;
    const { issuers } = this.settings;
    const own = Object.hasOwn(issuers, filed.name) ? issuers[filed.name] : undefined;
    const parts = [own, filed.rules].filter((part) => part !== undefined);
    const compiled = compileIssuerPolicy(parts, this.#tables, this.settings);
    this.#issuers.set(filed, compiled);
    return compiled;
  }

  /** What a claim has to say for this issuer's tokens, beside what it has to for all. */
  judgeClaims(
    filed: FiledIssuer,
    claims: { readonly audience: readonly string[]; readonly expiresAt: number; readonly issuedAt: number },
  ): Denial | undefined {
    const { audiences, maxLifetimeSeconds } = this.of(filed);
    for (const accepted of audiences)
      if (!accepted.some((one) => claims.audience.includes(one)))
        return deny('audience_mismatch', 'The rule audience of its issuer names none of them.');
    if (claims.expiresAt - claims.issuedAt <= maxLifetimeSeconds) return undefined;
    return deny('lifetime_too_long', `At most ${maxLifetimeSeconds} s from iat to exp for this issuer.`);
  }

  authorize(principal: Principal, filed: FiledIssuer, asked: Asked, nowSeconds: number): Decision<Permit> {
    const policy = this.of(filed);
    const decision = this.#judge(principal, policy, asked, nowSeconds);
    if (policy.isObserved) return observe(decision);
    return decision;
  }

  /** Of a door that has rules of its own: whether the issuer is one to be let in here and now. */
  judgeConditions(
    principal: Principal,
    filed: FiledIssuer,
    client: string | undefined,
    nowSeconds: number,
  ): Denial | undefined {
    const { conditions, isObserved } = this.of(filed);
    const failed = isObserved
      ? undefined
      : conditions.find((one) => !one.holds(principal, { client }, nowSeconds));
    return failed && denyCondition(principal, { role: undefined, rule: failed.rule });
  }

  /** Whether nobody has taken anything from the issuer that the role admin has, nor the token from itself. */
  isAdmin({ claimedRights }: Principal, filed: FiledIssuer): boolean {
    const { verdicts } = this.of(filed);
    const admin = this.vocabulary.role('admin');
    return (
      claimedRights === undefined &&
      verdicts.every(({ whole }, index) => whole !== undefined || admin?.[index] === NONE)
    );
  }

  /** Whether anybody may, without a token. */
  authorizeNobody({ route, client }: Asked): Decision<Permit> | undefined {
    return route === undefined ? undefined : this.#open(route, client);
  }

  #judge(
    principal: Principal,
    { verdicts, conditions, publish }: IssuerPolicy,
    asked: Asked,
    nowSeconds: number,
  ): Decision<Permit> {
    const { route } = asked;
    if (route === undefined) return denyUnknown(principal);
    const verdict = verdicts[route.index] as Verdict;
    if (allowedOf(verdict) === undefined) return this.#denyRight(principal, route, verdict.grant);
    const allowed = this.#narrowRight(principal, verdict, route, asked.target?.path ?? '');
    if (allowed === undefined) return denyClaimed(principal, route, verdict.grant);
    const fault = findFault(route, allowed, asked.target?.text ?? '');
    if (fault !== undefined)
      return denyPermission(fault, { ...verdict.grant, rule: 'query' }, principal, undefined);
    for (const condition of conditions) {
      if (!condition.holds(principal, asked, nowSeconds))
        return denyCondition(principal, { ...verdict.grant, rule: condition.rule });
    }
    if (publish === undefined || route.publish === undefined) return allowed;
    const { role, rule } = verdict.grant;
    return { allowed: true, value: { role, rule, hides: undefined, publish } };
  }

  /** As much of what the issuer has as the token leaves. */
  #narrowRight(
    { claimedRights }: Principal,
    verdict: Verdict,
    route: Route,
    path: string,
  ): Decision<Permit> | undefined {
    if (claimedRights === undefined) return allowedOf(verdict);
    const left = settle(verdict.right & leavesOf(this.#narrow(claimedRights), route, path), route);
    return left === WHOLE ? verdict.whole : left === REDACTED ? verdict.redacted : undefined;
  }

  #narrow(claimed: NonNullable<Principal['claimedRights']>): Narrowing {
    const known = this.#narrowings.get(claimed);
    if (known !== undefined) return known;
    const narrowing = compileClaimedRights(claimed, this.vocabulary);
    this.#narrowings.set(claimed, narrowing);
    return narrowing;
  }

  #denyRight(principal: Principal, route: Route, grant: Grant): Denial {
    const roles = this.vocabulary.listRoles(route).join(', ');
    const taken = `the rule ${grant.rule} of ${principal.issuer} takes it away; roles that have it: ${roles || 'none'}.`;
    const needed = roles === '' ? 'no role has it' : `it needs one of the roles ${roles}`;
    const missing = `${needed}. ${principal.issuer} has ${grant.role ?? 'none'} (${grant.rule}).`;
    const detail = `${describeAction(route)}: ${grant.rule.startsWith('deny ') ? taken : missing}`;
    return denyPermission(detail, grant, principal, route.action.name);
  }
}

/** In observe mode everything passes: what would not have, or not whole, is noted. */
function observe(decision: Decision<Permit>): Decision<Permit> {
  if (!decision.allowed) {
    const { role, rule } = decision.grant as Grant;
    const wouldDeny = decision.reason;
    return { allowed: true, value: { role, rule, hides: undefined, publish: undefined, wouldDeny } };
  }
  const { role, rule, hides } = decision.value;
  if (hides === undefined) return decision;
  return { allowed: true, value: { role, rule, hides: undefined, publish: undefined, wouldRedact: true } };
}

/** What is wrong with the query of a call that is allowed otherwise. */
function findFault(route: Route, allowed: Decision<Permit>, target: string): string | undefined {
  const fault = route.query && findQueryFault(route.query, target);
  if (fault !== undefined || !allowed.allowed || allowed.value.hides === undefined) return fault;
  return findSecretAsked(allowed.value.hides, target);
}

const describeAction = ({ action }: Route): string => `${action.name}, of the class ${action.class}`;

function denyUnknown(principal: Principal): Denial {
  const detail = 'The API of the broker has no action at this path, as far as the guard knows it.';
  return denyPermission(detail, { role: undefined, rule: 'catalogue' }, principal, undefined);
}

/** What the token says of its own rights: other tokens of the issuer may have more. */
function denyClaimed(principal: Principal, route: Route, grant: Grant): Denial {
  const isScope = principal.claimedRights?.scope !== undefined;
  const what = isScope ? 'the scope of the token does not hold it' : 'the roles of the token do not hold it';
  const detail = `${describeAction(route)}: ${what}.`;
  const rule = isScope ? 'token scope' : 'token roles';
  return denyPermission(detail, { ...grant, rule }, principal, route.action.name);
}

const denyCondition = (principal: Principal, grant: Grant): Denial =>
  denyPermission(`The rule ${grant.rule} of ${principal.issuer} does not hold.`, grant, principal, undefined);
