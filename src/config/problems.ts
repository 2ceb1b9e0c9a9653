// From what a schema finds wrong to sentences with a place: the file's line and the nearest valid name.
import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Problem } from '../failure.ts';
import { suggestName } from './nearest.ts';
import { guardSchema } from './schema.ts';

/** Where a value comes from: a file's line and column, or just the name of a flag. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Where a value stands, by its path of names. */
export type FindPlace = (path: readonly string[]) => Place | undefined;

/**
 * One problem for each issue; an unknown name becomes one problem a name.
 * @param block where the block that was read stands, `guard`
 */
export function toProblems(
  block: string | readonly string[],
  issues: readonly z.core.$ZodIssue[],
  find: FindPlace,
  schema: z.ZodType = guardSchema,
): Problem[] {
  return issues.flatMap((issue) => {
    const inner = issue.path.map(String);
    const path = [block, inner].flat();
    if (issue.code !== 'unrecognized_keys') return [problemAt(path, describeIssue(issue), find)];
    return issue.keys.map((key) =>
      problemAt([...path, key], `is unknown${suggestName(namesOf(schema, inner), key)}`, find),
    );
  });
}

/** Where the file says the value at `path`, or where the nearest block is. */
export function placeOf(path: readonly string[], find: FindPlace): Place | undefined {
  let place: Place | undefined;
  for (let length = path.length; place === undefined && length > 0; length--)
    place = find(path.slice(0, length));
  return place;
}

/** In the order of the file. */
export const comparePlaces = (one: Problem, other: Problem): number =>
  (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);

/** A problem about the value at `path`, with its place. */
export function problemAt(path: readonly string[], what: string, find: FindPlace): Problem {
  const place = placeOf(path, find);
  const name = path.flatMap((part) => (/^\d+$/.test(part) ? [] : quoteName(part))).join('.');
  return { message: `${name} ${what}`, name, ...place };
}

/** As the file would have to write it: a name may hold anything, a line end too. */
const quoteName = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));

export const BLOCKS = ['guard', 'http_server'];

/**
 * Blocks that are all but named like one the guard reads. Every other block is the broker's own and passes, so a
 * slip of the pen would leave the guard with defaults that nobody asked for.
 */
export function findMisspelledBlocks(names: readonly string[], find: FindPlace): Problem[] {
  return names.flatMap((name) => {
    const meant = BLOCKS.find((block) => block !== name && distance(block, name.toLowerCase()) <= 2);
    return meant === undefined ? [] : [problemAt([name], `is unknown; did you mean ${meant}?`, find)];
  });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const isAboutType = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  if (isAboutType && issue.input === undefined) return 'is missing: set it, or leave out its whole block';
  return issue.code === 'invalid_type' ? 'must be a block { }' : issue.message;
}

function namesOf(root: unknown, blockPath: readonly string[]): readonly string[] {
  let schema = root;
  for (const name of blockPath) schema = unwrap((schema as { shape: Record<string, unknown> }).shape[name]);
  return Object.keys((schema as { shape: object }).shape);
}

function unwrap(schema: unknown): unknown {
  const definition = (schema as { def: { innerType?: unknown } }).def;
  return definition.innerType === undefined ? schema : unwrap(definition.innerType);
}
