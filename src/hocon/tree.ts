// The merge tree: for every path the layers that set it, in order, with nothing looked up yet.

import { Ledger } from './conflicts.ts';
import type { Field, JoinNode, ListNode, ReferenceNode, SyntaxNode } from './syntax.ts';
import { type Conflict, HoconError, type Position, type Scalar } from './value.ts';

/** One path's settings, the later ones on top. */
export interface Slot {
  readonly layers: Layer[];
}

export interface ScalarLayer {
  readonly kind: 'scalar';
  readonly value: Scalar;
  readonly text: string;
  readonly source?: string;
  readonly at: Position;
}

export interface ObjectLayer {
  readonly kind: 'object';
  readonly members: Map<string, Slot>;
  readonly at: Position;
}

export interface ListLayer {
  readonly kind: 'list';
  readonly items: Slot[];
  readonly at: Position;
}

export interface ReferenceLayer {
  readonly kind: 'reference';
  readonly reference: ReferenceNode;
  /** Stands beside a block, so it must be one too: `${base} { … }`. */
  readonly isJoinedWithBlock: boolean;
  readonly at: Position;
}

export interface JoinLayer {
  readonly kind: 'join';
  readonly parts: readonly {
    readonly blank: string;
    readonly layer: ScalarLayer | ListLayer | ReferenceLayer;
  }[];
  readonly at: Position;
}

export type Layer = ScalarLayer | ObjectLayer | ListLayer | ReferenceLayer | JoinLayer;

export interface Tree {
  readonly root: Slot;
  readonly conflicts: readonly Conflict[];
}

/** Merges the fields of the root object. */
export function buildTree(fields: readonly Field[], start: Position): Tree {
  const ledger = new Ledger();
  const root: Slot = { layers: [] };
  addObject(root, fields, start, { path: [], ledger });
  return { root, conflicts: ledger.listConflicts() };
}

/** Where in the document building is; without a ledger inside lists, whose members have no path of their own. */
interface Place {
  readonly path: readonly string[];
  readonly ledger?: Ledger;
}

function addObject(slot: Slot, fields: readonly Field[], at: Position, place: Place): void {
  const block = Symbol('block');
  const target = openBlock(slot, at);
  for (const field of fields) {
    const setting = field.path.length === 1 ? block : Symbol('dotted');
    const inner = { ...place, path: [...place.path, ...field.path] };
    const member = descend(target, field);
    if (field.isAppend) addAppended(member, field, inner);
    else addValue(member, field.value, field.at, inner);
    if (!field.isAppend) place.ledger?.note(inner.path, field.value, field.at, setting);
  }
}

/** The object on top of the slot's layers: adjacent blocks merge (HOCON.md "Duplicate keys"). */
function openBlock(slot: Slot, at: Position): ObjectLayer {
  const top = slot.layers.at(-1);
  if (top?.kind === 'object') return top;
  const block: ObjectLayer = { kind: 'object', members: new Map(), at };
  slot.layers.push(block);
  return block;
}

function descend(block: ObjectLayer, field: Field): Slot {
  let members = block.members;
  let slot: Slot = { layers: [] };
  field.path.forEach((name, depth) => {
    slot = members.get(name) ?? { layers: [] };
    members.set(name, slot);
    if (depth < field.path.length - 1) members = openBlock(slot, field.at).members;
  });
  return slot;
}

function addValue(slot: Slot, node: SyntaxNode, at: Position, place: Place): void {
  if (node.kind === 'object') addObject(slot, node.fields, at, place);
  else if (node.kind !== 'join') slot.layers.push(buildLayer(node, at));
  else if (node.parts.some((part) => part.node.kind === 'object')) addJoinedBlocks(slot, node, at, place);
  else slot.layers.push(buildJoin(node, at));
}

/** `${base} { … }` merges left to right, exactly as if the key were repeated (HOCON.md "Array and object concatenation"). */
function addJoinedBlocks(slot: Slot, { parts }: JoinNode, at: Position, place: Place): void {
  for (const { node } of parts) {
    if (node.kind === 'object') addObject(slot, node.fields, at, place);
    else if (node.kind === 'reference') {
      slot.layers.push({ kind: 'reference', reference: node, isJoinedWithBlock: true, at });
    }
  }
}

function buildLayer(
  node: Exclude<SyntaxNode, JoinNode | { kind: 'object' }>,
  at: Position,
): JoinLayer['parts'][0]['layer'] {
  if (node.kind === 'scalar')
    return { kind: 'scalar', value: node.value, text: node.text, source: node.source, at };
  if (node.kind === 'reference') return { kind: 'reference', reference: node, isJoinedWithBlock: false, at };
  return { kind: 'list', items: buildItems(node), at };
}

function buildJoin({ parts }: JoinNode, at: Position): JoinLayer {
  const layers = parts.flatMap(({ blank, node }) =>
    node.kind === 'object' ? [] : [{ blank, layer: buildLayer(node, at) }],
  );
  return { kind: 'join', parts: layers, at };
}

function buildItems(list: ListNode): Slot[] {
  return list.items.map((item) => buildItem(item, item.at));
}

function buildItem(item: SyntaxNode, at: Position): Slot {
  const slot: Slot = { layers: [] };
  addValue(slot, item, at, { path: [] });
  return slot;
}

/**
 * HOCON.md "The += field separator": `a += v` is `a = ${?a} [v]`. Where a list is on top already the item goes into
 * it, so that many of them cost no depth.
 */
function addAppended(slot: Slot, { value, at }: Field, place: Place): void {
  const item = buildItem(value, at);
  const top = slot.layers.at(-1);
  const list = top?.kind === 'join' ? top.parts.at(-1)?.layer : top;
  if (list?.kind === 'list') list.items.push(item);
  else slot.layers.push(buildAppend(item, at, place, top === undefined));
}

function buildAppend(
  item: Slot,
  at: Position,
  { path, ledger }: Place,
  isFirst: boolean,
): JoinLayer | ListLayer {
  const list: ListLayer = { kind: 'list', items: [item], at };
  if (ledger === undefined && isFirst) return list;
  if (ledger === undefined)
    throw new HoconError('inside a list += only follows a list: write the whole list', at);
  // Without a name the environment is not asked: `PATH += x` must not find the process's own PATH.
  const reference: ReferenceNode = { kind: 'reference', name: [], candidates: [path], isOptional: true, at };
  const before: ReferenceLayer = { kind: 'reference', reference, isJoinedWithBlock: false, at };
  return { kind: 'join', parts: [before, list].map((layer) => ({ blank: '', layer })), at };
}
