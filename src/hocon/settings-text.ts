// Which of its two forms a settings file is written in, and the reading of it: HOCON, or NanoMQ's old key=value
// lines. NanoMQ is told by a flag; the guard has to see it in the text.

import { cutLine, listLines, readKeyValue } from './keyvalue.ts';
import { type HoconSyntax, parseSyntax, resolveHocon } from './read.ts';
import { checkSize, type HoconDocument, HoconError, type HoconOptions } from './value.ts';

type Options = HoconOptions & { readonly wantedBlocks: readonly string[] };

/**
 * Reads a settings file of either form: HOCON wherever HOCON reads it without cutting a value short, else what most of
 * its lines are. Throws HoconError with file, line and column.
 */
export function readSettingsText(text: string, options: Options): HoconDocument {
  checkSize(text, options.file);
  const lines = listLines(text, options.file).map(({ line }) => line);
  if (lines.every(hasBareValue) && lines.some(isCutShort)) {
    return readKeyValue(text, options.file, options.wantedBlocks);
  }
  const syntax = parseOrExplain(text, options);
  if (!(syntax instanceof HoconError)) {
    const document = resolveHocon(syntax, options);
    return lines.every(isEitherForm) ? { ...document, form: 'either' } : document;
  }
  const isElsewhere = syntax.problem.file !== options.file;
  if (!isElsewhere && isMostlyKeyValue(lines)) return readKeyValue(text, options.file, options.wantedBlocks);
  return resolveHocon(parseSyntax(text, options, true), options);
}

function parseOrExplain(text: string, options: Options): HoconSyntax | HoconError {
  try {
    return parseSyntax(text, options);
  } catch (error) {
    if (error instanceof HoconError) return error;
    throw error;
  }
}

/** Only lines outside every block tell: within one HOCON has NAME = VALUE as well. What is neither form tells nothing. */
function isMostlyKeyValue(lines: readonly string[]): boolean {
  let keyValue = 0;
  let hocon = 0;
  let depth = 0;
  for (const line of lines) {
    const isSetting = depth === 0 && cutLine(line) !== undefined && !/[{[]\s*$/.test(line);
    if (isSetting) keyValue += 1;
    else if (depth > 0 || /[{}]|^[\w.-]+\s*:/.test(line)) hocon += 1;
    if (!isSetting) depth = Math.max(0, depth + countBrackets(line));
  }
  return keyValue > hocon;
}

const countBrackets = (line: string): number =>
  (line.match(/[{[]/g) ?? []).length - (line.match(/[}\]]/g) ?? []).length;

/** Nothing in the value is HOCON's own: quotes, brackets, a substitution, a comment behind it. */
function hasBareValue(line: string): boolean {
  const text = cutLine(line)?.text;
  return text !== undefined && (!/["{}[\]]|\$\{|\s(?:#|\/\/)|^#/.test(text) || isJsonObject(text));
}

const isEitherForm = (line: string): boolean =>
  hasBareValue(line) || /^"[^"\\]*"$/.test(cutLine(line)?.text ?? '');

/** HOCON would take what follows `#` or `//` for a comment. */
const isCutShort = (line: string): boolean => /^[^{].*(?:#|\/\/)/.test(cutLine(line)?.text ?? '');

/** NanoMQ's `acl.rule.1={"permit": "allow"}`. */
function isJsonObject(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
