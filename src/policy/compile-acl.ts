// The rules of an `acl` claim, strictly compiled: a value that could widen a rule, an empty or a missing one never
// meets an allow rule and always a deny rule; so does a filter that MQTT does not know.
import type { AclClaim, AclRule } from './acl-claim.ts';
import { canWiden, fillPlaceholders, listPlaceholders, type PlaceholderName } from './placeholders.ts';
import { isTopicFilter } from './topic.ts';
import {
  type RuleFilter,
  type TopicEffect,
  type TopicRule,
  type TopicRules,
  toRuleFilter,
} from './topic-rules.ts';

/** Trusted values by placeholder; undefined where there is none. */
export type ValueFor = (name: PlaceholderName) => string | undefined;

/** @param noMatch what becomes of a question that the list form leaves open */
export function compileAcl(claim: AclClaim, valueFor: ValueFor, noMatch: TopicEffect): TopicRules {
  return {
    rules: claim.rules.map((rule) => compileRule(rule, valueFor)),
    otherwise: claim.isWhitelist ? 'deny' : noMatch,
    isExact: true,
  };
}

function compileRule(rule: AclRule, valueFor: ValueFor): TopicRule {
  const { name, effect, actions, qos, retain } = rule;
  const filters = (rule.filters ?? []).map((text) => compileFilter(text, valueFor));
  const known = filters.filter((filter) => filter !== undefined);
  const isOpen = effect === 'deny' && known.length < filters.length;
  return { name, effect, actions, qos, retain, filters: isOpen ? 'every_topic' : known };
}

const EXACT = 'eq ';

function compileFilter(text: string, valueFor: ValueFor): RuleFilter | undefined {
  if (text.startsWith(EXACT)) return toRuleFilter(text.slice(EXACT.length), true);
  const names = listPlaceholders(text);
  if (!names.every((name) => isHarmless(valueFor(name)))) return undefined;
  const filled = fillPlaceholders(text, (name) => valueFor(name) as string);
  // A value in the first place could open the topics that begin with `$`, which no wildcard takes.
  const isLifted = filled.startsWith('$') && names[0] !== undefined && text.startsWith(`\${${names[0]}}`);
  return isTopicFilter(filled) && !isLifted ? toRuleFilter(filled) : undefined;
}

const isHarmless = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && !canWiden(value);
