// What NanoMQ's own parser makes of a text that HOCON reads: where it would not start, and which value it takes.
// Its grammar is smaller than HOCON's. Knows no setting's name or meaning.

import type { JoinPart } from './syntax.ts';

/** What HOCON allows and NanoMQ refuses to start on; each with what to write in its place. */
export const OBSTACLES = {
  emptyBlock:
    'NanoMQ does not start on a block that holds nothing: remove it, or, where it switches something on, write NAME.enable = true',
  substitution:
    'NanoMQ does not read $' +
    "{…}: keep this file for the guard alone, and include the broker's own file in it",
  append: 'NanoMQ does not read +=: write the whole list after =',
  tripleQuotes: 'NanoMQ does not read """: write the text in double quotes, on one line',
  unquoted: 'NanoMQ does not read this without quotes: put the value in double quotes',
  quotedName: 'NanoMQ wants = between a quoted name and its block: write "NAME" = {',
  trailingComma: 'NanoMQ does not read a comma with nothing behind it: remove it',
} as const;

export type Obstacle = keyof typeof OBSTACLES;

const NAME = String.raw`[A-Za-z][\w.@%|\\"-]*`;
const NUMBER = String.raw`[+-]?\d+(?:\.?\d*(?:[eE][+-]?\d+)?)?`;
const MEASURE = String.raw`\d+(?:%|kb|KB|mb|MB|gb|GB|d|D|h|H|m|M|s|S|us|ms|MS)`;
const TOKEN = new RegExp(`^(?:${NAME}|${NUMBER}|${MEASURE})$`);
const BARE_NUMBER = new RegExp(`^${NUMBER}$`);
/** Characters that begin or end no token; NanoMQ leaves them out with a line in its log. */
const STRAY = /^[^\w.@%|\\"+-]+|[^\w.@%|\\"-]+$/g;

/** Whether NanoMQ's parser takes these neighbours for one value. */
export function isOneValue(parts: readonly JoinPart[]): boolean {
  const [first, second] = parts;
  if (second !== undefined) return false;
  if (first?.node.kind !== 'scalar') return true;
  const { source } = first.node;
  return source.startsWith('"') || TOKEN.test(source.replace(STRAY, '')) || source.replace(STRAY, '') === '';
}

export type NanomqScalar =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word' };

/** The scalar that NanoMQ reads from what stands in the file: a text, a number, or `true`, `false` and `null`. */
export function readAsNanomq(source: string): NanomqScalar {
  if (source.startsWith('"')) return { kind: 'text', text: source.slice(1, -1).replaceAll('\\', '') };
  const token = source.replace(STRAY, '');
  if (BARE_NUMBER.test(token)) return { kind: 'number', value: Number(token) };
  if (/^(?:true|false|null)$/.test(token)) return { kind: 'word' };
  return { kind: 'text', text: token };
}
