// Value concatenation, as far as the text alone decides it. HOCON.md "Value concatenation".
// What a substitution will turn out to be is the resolver's question.

import type { JoinPart, SyntaxNode } from './syntax.ts';
import { HoconError } from './value.ts';

export const MIXED = 'text, a list and a block cannot be joined: put a comma or a new line between them';

/** One node for the values that stand side by side; words become one string at once. */
export function joinParts(parts: readonly JoinPart[]): SyntaxNode {
  const [first] = parts;
  if (first === undefined) throw new TypeError('a value has at least one part');
  if (parts.length === 1) return first.node;
  refuseMixture(parts);
  const { at } = first.node;
  const words: string[] = [];
  const sources: string[] = [];
  for (const { blank, node } of parts) {
    if (node.kind !== 'scalar') return { kind: 'join', parts, at };
    words.push(blank, node.text);
    sources.push(blank, node.source);
  }
  const text = words.join('');
  return { kind: 'scalar', value: text, text, source: sources.join(''), at };
}

function refuseMixture(parts: readonly JoinPart[]): void {
  let seen: string | undefined;
  for (const { node } of parts) {
    if (node.kind === 'reference') continue;
    seen ??= node.kind;
    if (seen !== node.kind) throw new HoconError(MIXED, node.at);
  }
}
