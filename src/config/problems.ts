// From what a schema finds wrong to sentences with a place: the file's line and the nearest valid name.
import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Problem } from '../failure.ts';
import { guardSchema } from './schema.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a value stands, by its path of names. */
export type FindPlace = (path: readonly string[]) => Place | undefined;

/**
 * One problem for each issue; an unknown name becomes one problem a name.
 * @param block the name of the block that was read, `guard`
 */
export function toProblems(block: string, issues: readonly z.core.$ZodIssue[], find: FindPlace): Problem[] {
  return issues.flatMap((issue) => {
    const path = [block, ...issue.path.map(String)];
    if (issue.code !== 'unrecognized_keys') return [problemAt(path, describeIssue(issue), find)];
    return issue.keys.map((key) =>
      problemAt([...path, key], `is unknown${suggest(path.slice(1), key)}`, find),
    );
  });
}

/** A problem about the value at `path`, placed where the file says it, or where the nearest block is. */
export function problemAt(path: readonly string[], what: string, find: FindPlace): Problem {
  let place: Place | undefined;
  for (let length = path.length; place === undefined && length > 0; length--)
    place = find(path.slice(0, length));
  return { message: `${path.join('.')} ${what}`, ...place };
}

/** A union reports what each member found: the last one is the most permissive and says it best. */
function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const last = issue.errors.at(-1)?.[0];
    if (last !== undefined) return describeIssue(last);
  }
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.input === undefined) return 'is missing';
  return issue.expected === 'object' ? 'must be a block { }' : `must be ${withArticle(issue.expected)}`;
}

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function suggest(blockPath: readonly string[], key: string): string {
  const known = namesOf(blockPath);
  const [nearest] = [...known].sort((a, b) => distance(a, key) - distance(b, key));
  if (nearest === undefined) return '';
  return distance(nearest, key) <= 3 ? `; did you mean ${nearest}?` : `; known here: ${known.join(', ')}`;
}

function namesOf(blockPath: readonly string[]): readonly string[] {
  let schema: unknown = guardSchema;
  for (const name of blockPath) schema = unwrap((schema as { shape: Record<string, unknown> }).shape[name]);
  return Object.keys((schema as { shape: object }).shape);
}

function unwrap(schema: unknown): unknown {
  const definition = (schema as { def: { innerType?: unknown } }).def;
  return definition.innerType === undefined ? schema : unwrap(definition.innerType);
}
