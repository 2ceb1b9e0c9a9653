// Merge tree -> values: looks up substitutions, joins, and merges, as late as possible, so that a block may refer to
// its own members. HOCON.md "Substitutions", "Self-Referential Substitutions". Bounded in steps, depth and text.

import { MIXED } from './join.ts';
import type { JoinLayer, Layer, ObjectLayer, ReferenceLayer, ScalarLayer, Slot } from './tree.ts';
import { HoconError, LIMITS, type Position } from './value.ts';

/** A value seen from outside: which kind it is, with its members still unresolved. */
export type Peeked = ScalarLayer | PeekedList | PeekedObject;

export interface PeekedList {
  readonly kind: 'list';
  readonly items: readonly Slot[];
  readonly at: Position;
}

/** The blocks that make up the object, the later ones winning. */
export interface PeekedObject {
  readonly kind: 'object';
  readonly blocks: readonly ObjectLayer[];
}

export class Resolver {
  readonly #root: readonly Layer[];
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #known = new Map<Layer, Peeked | undefined>();
  /** Layers being resolved, with their depth; a substitution that comes back to one looks below it. */
  readonly #open = new Map<Layer, number>();
  /** The outermost open layer a look-back has stopped at: what lies between depends on it and is not remembered. */
  #outermostCut = Number.POSITIVE_INFINITY;
  #steps = 0;
  #joinedCharacters = 0;

  constructor(root: Slot, environment: Readonly<Record<string, string | undefined>>) {
    this.#root = root.layers;
    this.#environment = environment;
  }

  /** What the layers amount to; undefined when all of them are absent optional substitutions. */
  peek(layers: readonly Layer[]): Peeked | undefined {
    const start = this.#findOpen(layers);
    const blocks: (readonly ObjectLayer[])[] = [];
    for (let n = start - 1; n >= 0; n -= 1) {
      const layer = layers[n] as Layer;
      this.#spend(layer.at);
      const value = this.#peekLayer(layer);
      if (value === undefined) continue;
      if (value.kind === 'object') blocks.push(value.blocks);
      else if (blocks.length === 0) return value;
      else break;
    }
    return blocks.length === 0 ? undefined : this.#merge(blocks.reverse());
  }

  /** The layers that set member `name` of an object. */
  listMemberLayers(object: PeekedObject, name: string): Layer[] {
    const layers: Layer[] = [];
    for (const block of object.blocks) {
      const found = block.members.get(name)?.layers ?? [];
      this.#spend(block.at, 1 + found.length);
      for (const layer of found) layers.push(layer);
    }
    return layers;
  }

  /** A block that comes twice counts where it comes last: repeating it cannot grow the object. */
  #merge(parts: readonly (readonly ObjectLayer[])[]): PeekedObject {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return { kind: 'object', blocks: only };
    const blocks = new Set<ObjectLayer>();
    for (const part of parts) {
      for (const block of part) {
        this.#spend(block.at);
        blocks.delete(block);
        blocks.add(block);
      }
    }
    return { kind: 'object', blocks: [...blocks] };
  }

  /** Look-back: from a layer that is being resolved upwards, nothing counts. */
  #findOpen(layers: readonly Layer[]): number {
    if (this.#open.size === 0) return layers.length;
    const index = layers.findIndex((layer) => this.#open.has(layer));
    if (index < 0) return layers.length;
    this.#outermostCut = Math.min(this.#outermostCut, this.#open.get(layers[index] as Layer) ?? 0);
    return index;
  }

  #spend(at: Position, steps = 1): void {
    this.#steps += steps;
    if (this.#steps > LIMITS.steps) {
      throw new HoconError(
        'the substitutions of this file unfold into too much: let fewer of them refer to each other',
        at,
      );
    }
  }

  #peekLayer(layer: Layer): Peeked | undefined {
    if (layer.kind === 'object') return { kind: 'object', blocks: [layer] };
    if (layer.kind === 'scalar' || layer.kind === 'list') return layer;
    if (this.#known.has(layer)) return this.#known.get(layer);
    const outerCut = this.#outermostCut;
    this.#outermostCut = Number.POSITIVE_INFINITY;
    const depth = this.#enter(layer);
    const value = layer.kind === 'reference' ? this.#peekReference(layer) : this.#join(layer);
    this.#open.delete(layer);
    const dependsOnOuter = this.#outermostCut < depth;
    if (!dependsOnOuter) this.#known.set(layer, value);
    this.#outermostCut = dependsOnOuter ? Math.min(outerCut, this.#outermostCut) : outerCut;
    return value;
  }

  #enter(layer: Layer): number {
    const depth = this.#open.size;
    if (depth >= LIMITS.depth) {
      throw new HoconError(`substitutions refer to each other more than ${LIMITS.depth} deep`, layer.at);
    }
    this.#open.set(layer, depth);
    return depth;
  }

  #peekReference({ reference, isJoinedWithBlock, at }: ReferenceLayer): Peeked | undefined {
    const outerCut = this.#outermostCut;
    this.#outermostCut = Number.POSITIVE_INFINITY;
    const value = this.#lookUp(reference.candidates, reference.name, at);
    const isCircular = Number.isFinite(this.#outermostCut);
    this.#outermostCut = Math.min(outerCut, this.#outermostCut);
    if (value === undefined && !reference.isOptional) {
      throw describeUnresolved(reference.name, isCircular, reference.at);
    }
    if (isJoinedWithBlock && value !== undefined && value.kind !== 'object') {
      throw new HoconError(MIXED, reference.at);
    }
    return value;
  }

  #lookUp(
    candidates: readonly (readonly string[])[],
    name: readonly string[],
    at: Position,
  ): Peeked | undefined {
    for (const path of candidates) {
      const value = this.#peekPath(path);
      // A value is placed where it is used: that is the line a person has to change.
      if (value !== undefined) return value.kind === 'object' ? value : { ...value, at };
    }
    const variable = name.join('.');
    const text = Object.hasOwn(this.#environment, variable) ? this.#environment[variable] : undefined;
    return text === undefined ? undefined : { kind: 'scalar', value: text, text, at };
  }

  #peekPath(path: readonly string[]): Peeked | undefined {
    let value = this.peek(this.#root);
    for (const name of path) {
      if (value?.kind !== 'object') return undefined;
      value = this.peek(this.listMemberLayers(value, name));
    }
    return value;
  }

  #join({ parts, at }: JoinLayer): Peeked | undefined {
    const values: { readonly blank: string; readonly value: Peeked }[] = [];
    let skipped = '';
    for (const { blank, layer } of parts) {
      const value = this.#peekLayer(layer);
      if (value === undefined) skipped += blank;
      else values.push({ blank: skipped + blank, value });
      if (value !== undefined) skipped = '';
    }
    const kinds = new Set(values.map(({ value }) => value.kind));
    if (kinds.size === 0) return undefined;
    if (kinds.size > 1) throw new HoconError(MIXED, at);
    if (kinds.has('scalar')) return this.#joinText(values, skipped, at);
    if (kinds.has('list')) return this.#joinLists(values, at);
    return this.#merge(values.map(({ value }) => (value.kind === 'object' ? value.blocks : [])));
  }

  #joinText(
    values: readonly { blank: string; value: Peeked }[],
    trailing: string,
    at: Position,
  ): ScalarLayer {
    const texts = values.map(({ blank, value }) => (value.kind === 'scalar' ? blank + value.text : ''));
    for (const { length } of texts) this.#joinedCharacters += length;
    if (this.#joinedCharacters > LIMITS.joinedCharacters) {
      throw new HoconError('the substitutions of this file unfold into more than 4 MiB of text', at);
    }
    const text = texts.join('') + trailing;
    return { kind: 'scalar', value: text, text, at };
  }

  #joinLists(values: readonly { value: Peeked }[], at: Position): PeekedList {
    const items = values.map(({ value }) => (value.kind === 'list' ? value.items : []));
    for (const { length } of items) this.#spend(at, length);
    return { kind: 'list', items: items.flat(), at };
  }
}

function describeUnresolved(name: readonly string[], isCircular: boolean, at: Position): HoconError {
  const written = name.join('.');
  const message = isCircular
    ? `substitution \${${written}} comes back to the setting it stands in, which has no earlier value: break the circle`
    : `unresolved substitution \${${written}}: set it in this file or in the environment, or write \${?${written}} if it may be absent`;
  return new HoconError(message, at);
}
