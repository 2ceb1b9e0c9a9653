// NanoMQ's old settings form: one `dotted.key=value` a line, comments on lines of their own. Everything behind the
// first `=` is the value. Knows no setting's meaning.

import type { Problem } from '../failure.ts';
import { resolveDocument } from './document.ts';
import { NOT_UTF8 } from './lexer.ts';
import type { Field, ScalarNode, SyntaxNode } from './syntax.ts';
import { buildTree } from './tree.ts';
import {
  checkSize,
  type HoconDocument,
  HoconError,
  LIMITS,
  type Note,
  type Position,
  readScalar,
} from './value.ts';

/**
 * Reads the old form. Of a repeated name the last counts. A line that is none is a problem where it begins with a
 * wanted block's name, and passed over elsewhere, as NanoMQ does. Throws HoconError beyond the limits.
 */
export function readKeyValue(text: string, file: string, wantedBlocks: readonly string[]): HoconDocument {
  checkSize(text, file);
  const reading = new Reading(wantedBlocks);
  for (const { line, at } of listLines(text, file)) reading.take(line, at);
  const tree = buildTree(reading.fields, { file, line: 1, column: 1 });
  const { problems, notes } = reading;
  return { ...resolveDocument(tree, {}), conflicts: [], form: 'keyvalue', problems, notes };
}

/** The lines that hold something, each with its place. */
export function listLines(text: string, file: string): { line: string; at: Position }[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line, index) => ({
      line: line.trim(),
      at: { file, line: index + 1, column: line.length - line.trimStart().length + 1 },
    }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

const SETTING = /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*=(?!\s*\{\s*$)(.*)$/;

/** The name and the value of a line of the old form; undefined for any other. */
export function cutLine(line: string): { key: string; text: string } | undefined {
  const [, key, text] = SETTING.exec(line) ?? [];
  return key === undefined || text === undefined ? undefined : { key, text: text.trim() };
}

class Reading {
  readonly fields: Field[] = [];
  readonly problems: Problem[] = [];
  readonly notes: Note[] = [];
  readonly #wanted: RegExp;

  constructor(wantedBlocks: readonly string[]) {
    this.#wanted = new RegExp(`^(?:${wantedBlocks.join('|')})(?![A-Za-z0-9_-])`);
  }

  take(line: string, at: Position): void {
    const cut = cutLine(line);
    const path = cut?.key.split('.') ?? [];
    if (cut === undefined || path.length > LIMITS.depth) {
      this.#passOver(line, at);
      return;
    }
    if (this.fields.length >= LIMITS.nodes) throw new HoconError(`more than ${LIMITS.nodes} settings`, at);
    if (this.#wanted.test(line)) this.#judge(cut.key, cut.text, at);
    this.fields.push({ path, value: readValue(cut.text, path, at), isAppend: false, at });
  }

  #judge(name: string, text: string, at: Position): void {
    if (text.includes('\ufffd')) this.problems.push({ message: `${name}: ${NOT_UTF8}`, name, ...at });
    if (/\$\{/.test(text)) this.notes.push({ kind: 'differs', message: `${name} ${LITERAL}`, name, ...at });
  }

  #passOver(line: string, at: Position): void {
    if (this.#wanted.test(line)) this.problems.push({ message: describeLine(line), ...at });
    else if (/^include\b/.test(line))
      this.notes.push({ kind: 'skipped', message: `this include ${NO_INCLUDE}`, ...at });
  }
}

/** Quotes around the whole value come off. A list is the guard's own: NanoMQ has none in this form. */
function readValue(text: string, path: readonly string[], at: Position): SyntaxNode {
  const isList = path[0] === 'guard' && text.startsWith('[') && text.endsWith(']');
  if (!isList) return readText(text, at);
  const items = text
    .slice(1, -1)
    .split(',')
    .map((item) => readText(item.trim(), at));
  return { kind: 'list', items: text === '[]' ? [] : items, at };
}

function readText(source: string, at: Position): ScalarNode {
  const isQuoted = /^".*"$/.test(source) && source.length > 1;
  const text = isQuoted ? source.slice(1, -1) : source;
  return { kind: 'scalar', value: isQuoted ? text : readScalar(text), text, source, at };
}

const OLD_FORM = "most lines of this file are NanoMQ's old form, one NAME=VALUE a line, and this one is not";
const LITERAL =
  'is taken as it stands, ${ included: in the old form of one NAME=VALUE a line nothing is substituted';
const NO_INCLUDE = 'is passed over: in the old form of one NAME=VALUE a line nothing is included';

function describeLine(line: string): string {
  if (/\{\s*$|^[^=]*\{/.test(line))
    return `${OLD_FORM}: write each setting of the block as ${nameOf(line)}.NAME=VALUE`;
  return `${OLD_FORM}: write ${nameOf(line)}=VALUE`;
}

/** What the line begins with, as a name may be written. */
function nameOf(line: string): string {
  return (/^[A-Za-z0-9_.-]+/.exec(line)?.[0] ?? '').replace(/\.{2,}/g, '.').replace(/\.$/, '');
}
