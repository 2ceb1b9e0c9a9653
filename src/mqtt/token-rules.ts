// From a verified payload to the rules a login brings, strictly: what cannot be read refuses the login, and a
// placeholder takes a verified claim, or what the client says where `verify_claims` binds it.
import { allow, type Decision, deny } from '../decision.ts';
import { type AclClaim, isFlaw, readAclClaim } from '../policy/acl-claim.ts';
import { compileAcl, type ValueFor } from '../policy/compile-acl.ts';
import { listPlaceholders, type PlaceholderName } from '../policy/placeholders.ts';
import type { TopicRules } from '../policy/topic-rules.ts';
import type { JsonObject } from '../token/json.ts';
import { claimOf } from '../token/payload.ts';
import { selectRules, ZONE_OF_CLIENTS } from './conditions.ts';
import type { ConnectQuestion } from './login.ts';

export interface RuleReading {
  readonly aclClaimName: string;
  /** `clientid` and `username`, where the settings bind them to the token. */
  readonly bound: ReadonlySet<string>;
  readonly noMatch: 'allow' | 'deny';
}

/** The value is undefined where the token has no rules. */
export function readTokenRules(
  payload: JsonObject,
  question: ConnectQuestion,
  { aclClaimName, bound, noMatch }: RuleReading,
): Decision<TopicRules | undefined> {
  const attributes = claimOf(payload, 'client_attrs') ?? {};
  if (!isTextMap(attributes)) return deny('claim_invalid', 'client_attrs must be an object of texts.');
  const claim = claimOf(payload, aclClaimName);
  if (claim === undefined) return allow(undefined);
  const read = readAclClaim(aclClaimName, claim);
  const selected = isFlaw(read) ? read : selectRules(read, question, question.clientId);
  if (isFlaw(selected)) return deny('claim_invalid', selected.flaw);
  const broken = selected.rules.find(({ filters }) => filters === undefined);
  if (broken !== undefined) return deny('claim_invalid', `${broken.name} must be a list of texts.`);
  const valueFor = takeValues(payload, question, bound, attributes);
  const unbound = findUnbound(selected, valueFor);
  if (unbound !== undefined) return deny('claim_missing', explainUnbound(unbound));
  return allow(compileAcl(selected, valueFor, noMatch));
}

const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((entry) => typeof entry === 'string');

function takeValues(
  payload: JsonObject,
  { clientId, username }: ConnectQuestion,
  bound: ReadonlySet<string>,
  attributes: Readonly<Record<string, string>>,
): ValueFor {
  const said = { clientid: clientId, username };
  return (name) => {
    if (name === 'zone') return ZONE_OF_CLIENTS;
    // No door here has looked at a client's certificate.
    if (name === 'cert_common_name') return undefined;
    if (name === 'clientid' || name === 'username') {
      const claim = claimOf(payload, name) ?? (name === 'clientid' ? readOverride(payload) : undefined);
      if (claim !== undefined) return typeof claim === 'string' ? claim : '';
      return bound.has(name) ? (said[name] ?? '') : undefined;
    }
    const attribute = name.slice('client_attrs.'.length);
    return Object.hasOwn(attributes, attribute) ? attributes[attribute] : '';
  };
}

/** EMQX: another client id, given by the token. */
function readOverride(payload: JsonObject): string | undefined {
  const { clientid_override: override } = payload;
  return typeof override === 'string' && override !== '' ? override : undefined;
}

/** A name the rules use that neither the token nor the settings tie to anybody. */
function findUnbound({ rules }: AclClaim, valueFor: ValueFor): PlaceholderName | undefined {
  const used = rules.flatMap(({ filters = [] }) => filters.filter(hasPlaceholders).flatMap(listPlaceholders));
  return used.find((name) => name !== 'cert_common_name' && valueFor(name) === undefined);
}

const hasPlaceholders = (filter: string): boolean => !filter.startsWith('eq ');

const explainUnbound = (name: string): string =>
  `The rules use \${${name}}, which nothing ties to this token: write a claim ${name} into it, or bind it with verify_claims { ${name} = "\${${name}}" }.`;
