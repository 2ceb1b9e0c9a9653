// The syntax tree of a HOCON text: what was written and where, nothing merged or looked up yet.

import type { Position, Scalar } from './value.ts';

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** As written, without quotes: joining values keeps `1e5` what it was. */
  readonly text: string;
  /** As written, with its quotes. */
  readonly source: string;
  readonly at: Position;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly SyntaxNode[];
  readonly at: Position;
}

export interface ObjectNode {
  readonly kind: 'object';
  readonly fields: readonly Field[];
  /** Nothing stands between its brackets but blanks and comments. */
  readonly isEmpty: boolean;
  readonly at: Position;
}

/** `${name}` or `${?name}`. */
export interface ReferenceNode {
  readonly kind: 'reference';
  readonly name: readonly string[];
  /** Paths to try in turn: in an included file first below the including block (HOCON.md "Include semantics"). */
  readonly candidates: readonly (readonly string[])[];
  readonly isOptional: boolean;
  readonly at: Position;
}

/** Several values side by side. */
export interface JoinNode {
  readonly kind: 'join';
  readonly parts: readonly JoinPart[];
  readonly at: Position;
}

/** `blank` is the white space before the part: kept between words, dropped between lists and blocks. */
export interface JoinPart {
  readonly blank: string;
  readonly node: ScalarNode | ListNode | ObjectNode | ReferenceNode;
}

export type SyntaxNode = ScalarNode | ListNode | ObjectNode | ReferenceNode | JoinNode;

export interface Field {
  readonly path: readonly string[];
  readonly value: SyntaxNode;
  /** Written with `+=`. */
  readonly isAppend: boolean;
  readonly at: Position;
}
