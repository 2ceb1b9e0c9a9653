// EMQX's `acl` claim in both its forms, read into rules whose filters are still as written. What a rule may hold is
// EMQX's word; what becomes of a placeholder or of a broken rule is for whoever compiles it.
import { isIP } from 'node:net';
import { ACTION_BIT, EVERY_QOS } from './topic-rules.ts';

export interface AclRule {
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  readonly actions: number;
  readonly qos: number;
  readonly retain: boolean | undefined;
  /** Undefined where the claim has no list of texts there. */
  readonly filters: readonly string[] | undefined;
  /** Whom the rule is for, where it says so. */
  readonly conditions: AclConditions;
}

export const CONDITIONS = [
  'username_re',
  'clientid_re',
  'ipaddr',
  'zone',
  'zone_re',
  'listener',
  'listener_re',
] as const;
export type AclConditions = Readonly<Partial<Record<(typeof CONDITIONS)[number], string>>>;

export interface AclClaim {
  /** The object form lists what is allowed, and nothing else is; the list form may leave a question open. */
  readonly isWhitelist: boolean;
  readonly rules: readonly AclRule[];
}

/** What is wrong with a claim. */
export interface AclFlaw {
  readonly flaw: string;
  /** EMQX does not refuse it but falls over. */
  readonly breaksEmqx: boolean;
}

export const isFlaw = (read: object): read is AclFlaw => 'breaksEmqx' in read;

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** @param name the claim's, for sentences */
export function readAclClaim(name: string, value: unknown): AclClaim | AclFlaw {
  if (Array.isArray(value)) return readList(name, value);
  if (isObject(value)) return { isWhitelist: true, rules: readObject(name, value) };
  return { flaw: `${name} must be an object or a list of rules.`, breaksEmqx: true };
}

/** A subscription's rule is also one about what the subscription brings. */
const SUBSCRIBING = ACTION_BIT.subscribe | ACTION_BIT.receive;
const ACTIONS: ReadonlyMap<unknown, number> = new Map([
  ['pub', ACTION_BIT.publish],
  ['publish', ACTION_BIT.publish],
  ['sub', SUBSCRIBING],
  ['subscribe', SUBSCRIBING],
  ['all', ACTION_BIT.publish | SUBSCRIBING],
]);

function readObject(name: string, claim: Members): AclRule[] {
  return ['pub', 'sub', 'all']
    .filter((member) => Object.hasOwn(claim, member))
    .map((member) => ({
      name: `${name}.${member}`,
      effect: 'allow',
      actions: ACTIONS.get(member) as number,
      qos: EVERY_QOS,
      retain: undefined,
      filters: isTextList(claim[member]) ? claim[member] : undefined,
      conditions: {},
    }));
}

function readList(name: string, claim: readonly unknown[]): AclClaim | AclFlaw {
  const rules: AclRule[] = [];
  for (const [index, entry] of claim.entries()) {
    const rule = readRule(`${name}[${index}]`, entry);
    if (isFlaw(rule)) return rule;
    rules.push(rule);
  }
  return { isWhitelist: false, rules };
}

function readRule(name: string, rule: unknown): AclRule | AclFlaw {
  const refuse = (what: string): AclFlaw => ({ flaw: `${name} ${what}.`, breaksEmqx: false });
  if (!isObject(rule)) return refuse('must be an object');
  const { permission, action } = rule;
  if (permission !== 'allow' && permission !== 'deny') return refuse('needs permission: allow or deny');
  const actions = ACTIONS.get(action);
  if (actions === undefined) return refuse('needs action: publish, subscribe or all');
  const filters = readFilters(name, rule);
  if (isFlaw(filters)) return filters;
  const qos = readQos(rule.qos);
  if (qos === undefined) return refuse('has a qos that is not 0, 1, 2 or a list of them');
  // Of a subscription's rule, EMQX does not even look at it.
  const wanted = (actions & ACTION_BIT.publish) === 0 ? 'all' : (rule.retain ?? 'all');
  if (!RETAIN.has(wanted)) return refuse('has a retain that is not true, false or all');
  const retain = RETAIN.get(wanted);
  const conditions = readConditions(name, rule);
  if (isFlaw(conditions)) return conditions;
  return { name, effect: permission, actions, qos, retain, filters: filters.texts, conditions };
}

/** `topic` goes before `topics`, and null counts as absent. */
function readFilters(name: string, rule: Members): { readonly texts: readonly string[] } | AclFlaw {
  const topic = rule.topic ?? undefined;
  const topics = rule.topics ?? undefined;
  if (typeof topic === 'string') return { texts: [topic] };
  if (topic === undefined && isTextList(topics)) return { texts: topics };
  const holdsOthers = topic === undefined && Array.isArray(topics);
  return { flaw: `${name} needs topic, a text, or topics, a list of texts.`, breaksEmqx: holdsOthers };
}

const QOS_BIT: ReadonlyMap<unknown, number> = new Map<unknown, number>(
  [0, 1, 2].flatMap((qos) => [
    [qos, 1 << qos],
    [String(qos), 1 << qos],
  ]),
);

/** A number, a list, or `"0,1"`; an empty list is no QoS at all. */
function readQos(value: unknown): number | undefined {
  if (value === undefined || value === null) return EVERY_QOS;
  const entries: readonly unknown[] =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  let bits = 0;
  for (const entry of entries) {
    const bit = QOS_BIT.get(entry);
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

const RETAIN: ReadonlyMap<unknown, boolean | undefined> = new Map<unknown, boolean | undefined>([
  ...[true, 'true', 1, '1'].map((value) => [value, true] as const),
  ...[false, 'false', 0, '0'].map((value) => [value, false] as const),
  ['all', undefined],
]);

function readConditions(name: string, rule: Members): AclConditions | AclFlaw {
  const conditions: Record<string, string> = {};
  for (const condition of CONDITIONS) {
    const value = rule[condition] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '') {
      return { flaw: `${name} has a ${condition} that is no text.`, breaksEmqx: false };
    }
    if (condition === 'ipaddr' && !isNetwork(value)) {
      return { flaw: `${name} has an ipaddr that is no address and no CIDR.`, breaksEmqx: true };
    }
    conditions[condition] = value;
  }
  return conditions;
}

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}
