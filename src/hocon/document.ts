// Resolved settings as the rest of the guard sees them: plain values, with the place and the written text of each.

import { type Peeked, type PeekedObject, Resolver } from './resolve.ts';
import type { Layer, Tree } from './tree.ts';
import {
  type HoconDocument,
  HoconError,
  type HoconObject,
  type HoconValue,
  LIMITS,
  type Position,
} from './value.ts';

interface Entry {
  readonly value: HoconValue;
  readonly at: Position;
  readonly text?: string;
  readonly source?: string | undefined;
  readonly members?: ReadonlyMap<string, Entry>;
}

/** Resolves a merge tree. Throws HoconError for unresolved or circular substitutions and beyond the limits. */
export function resolveDocument(
  tree: Tree,
  environment: Readonly<Record<string, string | undefined>>,
): HoconDocument {
  const root = new Materializer(new Resolver(tree.root, environment)).materializeRoot(tree.root.layers);
  const find = (path: readonly string[]): Entry | undefined =>
    path.reduce<Entry | undefined>((entry, name) => entry?.members?.get(name), root);
  return {
    root: root.value as HoconObject,
    positionOf: (path) => find(path)?.at,
    textOf: (path) => find(path)?.text,
    sourceOf: (path) => find(path)?.source,
    conflicts: tree.conflicts,
    form: 'hocon',
    problems: [],
    notes: [],
  };
}

class Materializer {
  readonly #resolver: Resolver;
  #nodes = 0;

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  materializeRoot(layers: readonly Layer[]): Entry {
    const root = this.#resolver.peek(layers);
    if (root?.kind !== 'object') throw new TypeError('the root of a settings file is an object');
    return this.#materializeObject(root, 0);
  }

  #materialize(layers: readonly Layer[], depth: number): Entry | undefined {
    const peeked = this.#resolver.peek(layers);
    if (peeked === undefined) return undefined;
    if (peeked.kind === 'object') return this.#materializeObject(peeked, depth);
    this.#checkBounds(depth, peeked.at);
    if (peeked.kind === 'list') return this.#materializeList(peeked, depth);
    return { value: peeked.value, at: peeked.at, text: peeked.text, source: peeked.source };
  }

  /** Substitutions can repeat and nest what was small in the file. */
  #checkBounds(depth: number, at: Position): void {
    this.#nodes += 1;
    if (this.#nodes > LIMITS.nodes) {
      throw new HoconError(`the substitutions of this file unfold into more than ${LIMITS.nodes} values`, at);
    }
    if (depth <= LIMITS.depth) return;
    throw new HoconError(
      `substitutions nest this more than ${LIMITS.depth} deep: does it contain itself?`,
      at,
    );
  }

  #materializeObject(object: PeekedObject, depth: number): Entry {
    const at = (object.blocks.at(-1) as PeekedObject['blocks'][number]).at;
    this.#checkBounds(depth, at);
    const value: HoconObject = Object.create(null);
    const members = new Map<string, Entry>();
    for (const name of new Set(object.blocks.flatMap((block) => [...block.members.keys()]))) {
      const entry = this.#materialize(this.#resolver.listMemberLayers(object, name), depth + 1);
      if (entry === undefined) continue;
      value[name] = entry.value;
      members.set(name, entry);
    }
    return { value, at, members };
  }

  #materializeList(list: Extract<Peeked, { kind: 'list' }>, depth: number): Entry {
    const value: HoconValue[] = [];
    const members = new Map<string, Entry>();
    for (const item of list.items) {
      const entry = this.#materialize(item.layers, depth + 1);
      if (entry === undefined) continue;
      members.set(String(value.length), entry);
      value.push(entry.value);
    }
    return { value, at: list.at, members };
  }
}
