// NanoMQ's old settings form: one `dotted.key=value` a line, values without quotes up to the end of the line,
// comments on lines of their own. And the choice between that form and HOCON.

import { resolveDocument } from './document.ts';
import { readHocon } from './read.ts';
import type { Field } from './syntax.ts';
import { buildTree } from './tree.ts';
import { checkSize, type HoconDocument, HoconError, type HoconOptions, LIMITS, readScalar } from './value.ts';

/**
 * Reads the old form; undefined when a line is anything else. A value of HOCON's own making (quotes, brackets, a
 * substitution, a comment behind it) is not the old form, a rule written as one JSON object is.
 * Throws HoconError beyond the limits.
 */
export function readKeyValue(text: string, file: string): HoconDocument | undefined {
  const fields = parseLines(text, file);
  if (fields === undefined) return undefined;
  return resolveDocument(buildTree(fields, { file, line: 1, column: 1 }, 'never'), {});
}

/**
 * Reads a settings file of either form. HOCON, unless the HOCON reading fails, or would cut a value short at a `#` or
 * `//` inside it, and every line is of the old form. Throws HoconError, that of the HOCON reading.
 */
export function readSettingsText(text: string, options: HoconOptions): HoconDocument {
  checkSize(text, options.file);
  const fields = parseLines(text, options.file);
  const isCutShort = fields?.some(
    ({ value }) => value.kind === 'scalar' && /^[^{].*(?:#|\/\/)/.test(value.text),
  );
  if (isCutShort) return readKeyValue(text, options.file) ?? readHocon(text, options);
  try {
    return readHocon(text, options);
  } catch (error) {
    const old = error instanceof HoconError ? readKeyValue(text, options.file) : undefined;
    if (old === undefined) throw error;
    return old;
  }
}

function parseLines(text: string, file: string): Field[] | undefined {
  checkSize(text, file);
  const fields: Field[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const field = parseLine(line, file, index + 1);
    if (field === undefined) return undefined;
    fields.push(field);
    if (fields.length > LIMITS.nodes) throw new HoconError(`more than ${LIMITS.nodes} settings`, field.at);
  }
  return fields;
}

const KEY = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

function parseLine(line: string, file: string, lineNumber: number): Field | undefined {
  const separator = line.indexOf('=');
  if (separator < 0) return undefined;
  const key = line.slice(0, separator).trim();
  const text = line.slice(separator + 1).trim();
  const path = key.split('.');
  if (!KEY.test(key) || path.length > LIMITS.depth || !isPlainValue(text)) return undefined;
  const at = { file, line: lineNumber, column: line.indexOf(key) + 1 };
  return { path, value: { kind: 'scalar', value: readScalar(text), text, at }, isAppend: false, at };
}

function isPlainValue(text: string): boolean {
  const isPlain = !/["{}[\]]|\$\{|\s(?:#|\/\/)|^#/.test(text);
  return isPlain || isJsonObject(text);
}

/** NanoMQ's `acl.rule.1={"permit": "allow"}` and `web.hook.rule…`: the only brackets of the old form. */
function isJsonObject(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
