// Finds, among many rules, the few that could meet a topic name: those whose filters begin as the name does. Made
// when first needed, and only where it pays.
import type { Levels } from './topic.ts';

/** Up to here every rule is looked at faster than its number is looked up. */
const WORTH_AN_INDEX = 32;

/** As much of a rule as it is filed by. */
interface Filed {
  readonly filters: readonly { readonly head: string }[] | 'every_topic';
}

interface TopicIndex {
  /** Rules by the head of their filters, and those about every topic. */
  readonly byHead: ReadonlyMap<string, readonly number[]>;
  readonly everyTopic: readonly number[];
}

const indexes = new WeakMap<readonly Filed[], TopicIndex>();

/** The rules that could meet the name, in their order. */
export function selectCandidates<T extends Filed>(rules: readonly T[], name: Levels): readonly T[] {
  if (rules.length <= WORTH_AN_INDEX) return rules;
  const index = indexes.get(rules) ?? buildIndex(rules);
  const found = new Set(index.everyTopic);
  let head = '';
  add(found, index.byHead.get(head));
  for (const [depth, level] of name.entries()) {
    head = depth === 0 ? level : `${head}/${level}`;
    add(found, index.byHead.get(head));
  }
  return [...found].sort((one, other) => one - other).map((number) => rules[number] as T);
}

function add(found: Set<number>, numbers: readonly number[] = []): void {
  for (const number of numbers) found.add(number);
}

function file(byHead: Map<string, number[]>, head: string, number: number): void {
  const numbers = byHead.get(head);
  if (numbers === undefined) byHead.set(head, [number]);
  else numbers.push(number);
}

function buildIndex(rules: readonly Filed[]): TopicIndex {
  const byHead = new Map<string, number[]>();
  const everyTopic: number[] = [];
  for (const [number, { filters }] of rules.entries()) {
    if (filters === 'every_topic') everyTopic.push(number);
    else for (const { head } of filters) file(byHead, head, number);
  }
  const index = { byHead, everyTopic };
  indexes.set(rules, index);
  return index;
}
