// The rules of an `acl` claim as EMQX applies them: placeholders take what the client says of itself, and what
// cannot be filled in ends a rule (legacy) or denies (hardened). Compiled into the same ordered list as every rule.
import { type AclFlaw, type AclRule, isFlaw, readAclClaim } from '../policy/acl-claim.ts';
import {
  canWiden,
  fillPlaceholders,
  listPlaceholders,
  type PlaceholderName,
} from '../policy/placeholders.ts';
import { type RuleFilter, type TopicRule, type TopicRules, toRuleFilter } from '../policy/topic-rules.ts';
import { selectRules, ZONE_OF_CLIENTS } from './conditions.ts';
import type { ConnectQuestion } from './login.ts';

export interface EmqxClient {
  readonly question: ConnectQuestion;
  /** The one the token gives goes before the one of CONNECT. */
  readonly clientId: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly isLegacy: boolean;
}

export function readEmqxAcl(name: string, claim: unknown, client: EmqxClient): TopicRules | AclFlaw {
  const read = readAclClaim(name, claim);
  if (isFlaw(read)) return read;
  const selected = selectRules(read, client.question, client.clientId);
  if (isFlaw(selected)) return selected;
  return {
    rules: selected.rules.flatMap((rule) => compileRule(rule, client)),
    otherwise: read.isWhitelist ? 'deny' : 'no_match',
    isExact: false,
  };
}

/** Filters in order; the one that cannot be had ends the rule, and in the hardened profile the question. */
function compileRule(rule: AclRule, client: EmqxClient): TopicRule[] {
  const { effect, actions, qos, retain } = rule;
  const shape = { name: rule.name, actions, qos, retain };
  if (rule.filters === undefined) {
    return [{ ...shape, effect: client.isLegacy ? 'no_match' : 'deny', filters: 'every_topic' }];
  }
  const filters: RuleFilter[] = [];
  for (const text of rule.filters) {
    const filter = compileFilter(text, client);
    if (typeof filter === 'object') {
      filters.push(filter);
    } else if (!client.isLegacy) {
      return [
        { ...shape, effect, filters },
        { ...shape, effect: 'deny', filters: 'every_topic' },
      ];
    } else if (filter === 'forbidden') {
      break;
    }
  }
  return [{ ...shape, effect, filters }];
}

function compileFilter(text: string, client: EmqxClient): RuleFilter | 'absent' | 'forbidden' {
  if (text.startsWith('eq ')) return toRuleFilter(text.slice(3), true);
  const values = listPlaceholders(text).map((name) => valueFor(name, client));
  if (values.includes(undefined)) return 'absent';
  if (values.some((value) => value !== undefined && canWiden(value))) return 'forbidden';
  const filled = fillPlaceholders(text, (name) => valueFor(name, client) ?? '');
  return toRuleFilter(filled);
}

function valueFor(name: PlaceholderName, { question, clientId, attributes }: EmqxClient): string | undefined {
  switch (name) {
    case 'clientid':
      return clientId;
    case 'username':
      // A name that is not there is a word to EMQX.
      return question.username ?? 'undefined';
    case 'zone':
      return ZONE_OF_CLIENTS;
    case 'cert_common_name':
      return undefined;
    default:
      return attributes.get(name.slice('client_attrs.'.length));
  }
}
