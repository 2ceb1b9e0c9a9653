// Which paths HOCON and NanoMQ read differently: NanoMQ's parser keeps what the first block says, HOCON takes the last.
// Within one block both take the last. Judges by what is written, before anything is looked up.

import type { SyntaxNode } from './syntax.ts';
import type { Conflict, Position } from './value.ts';

/** What a path was set to in the first place that set it, and last of all. */
interface PathRecord {
  readonly path: readonly string[];
  readonly firstBlock: symbol;
  first: { readonly print: string; readonly at: Position };
  last: { readonly print: string; readonly at: Position; readonly block: symbol };
}

/** Remembers what each path was set to first and last. `block` tells apart the places a setting is written in. */
export class Ledger {
  readonly #records = new Map<string, PathRecord>();

  note(path: readonly string[], node: SyntaxNode, at: Position, block: symbol): void {
    const print = printLiteral(node);
    if (print === undefined) return;
    const key = JSON.stringify(path);
    const record = this.#records.get(key);
    if (record === undefined) {
      this.#records.set(key, { path, firstBlock: block, first: { print, at }, last: { print, at, block } });
      return;
    }
    if (record.firstBlock === block) record.first = { print, at };
    record.last = { print, at, block };
  }

  listConflicts(): Conflict[] {
    return [...this.#records.values()]
      .filter(({ firstBlock, first, last }) => last.block !== firstBlock && last.print !== first.print)
      .map(({ path, first, last }) => ({ path, first: first.at, second: last.at }));
  }
}

/**
 * A text equal for equal values. Undefined for blocks, which merge in both readers, and for anything with a
 * substitution, which NanoMQ refuses to read at all.
 */
function printLiteral(node: SyntaxNode): string | undefined {
  if (node.kind === 'scalar') return JSON.stringify(node.value);
  if (node.kind !== 'list') return undefined;
  const items = node.items.map(printMember);
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

function printMember(node: SyntaxNode): string | undefined {
  if (node.kind !== 'object') return printLiteral(node);
  const members = node.fields.map(({ path, value }) => {
    const print = printMember(value);
    return print === undefined ? undefined : `${JSON.stringify(path)}:${print}`;
  });
  return members.includes(undefined) ? undefined : `{${members.join(',')}}`;
}
