// One block of the file through its schema: the values that are sound, and what is wrong with the others.
import type { z } from 'zod';

export interface ParsedBlock<T> {
  /** Wrong values are left out, so that the rules about combinations see the rest. */
  readonly data: T;
  readonly issues: readonly z.core.$ZodIssue[];
  /** The settings whose own values are wrong, dotted; an unknown name is nobody's value. */
  listFaulty(block: string): string[];
}

export function parseBlock<T extends z.ZodType>(schema: T, block: unknown): ParsedBlock<z.output<T>> {
  const parsed = schema.safeParse(block, { reportInput: true });
  if (parsed.success) return { data: parsed.data, issues: [], listFaulty: () => [] };
  const { issues } = parsed.error;
  const sound = issues.flatMap(listFaultyPaths).reduce(omit, block);
  const rest = schema.safeParse(sound ?? {});
  return {
    data: rest.success ? rest.data : schema.parse({}),
    issues,
    listFaulty: (name) =>
      issues
        .filter(({ code }) => code !== 'unrecognized_keys')
        .map(({ path }) => [name, ...path.map(String)].join('.')),
  };
}

const listFaultyPaths = (issue: z.core.$ZodIssue): string[][] => {
  const path = issue.path.map(String);
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
};

/** The value without what stands at `path`; without its block where the fault is that nothing stands there. */
function omit(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  if (!Object.hasOwn(value, name)) return rest.length === 0 ? undefined : value;
  const { [name]: member, ...others } = value as Record<string, unknown>;
  const sound = rest.length === 0 ? undefined : omit(member, rest);
  return sound === undefined ? others : { ...others, [name]: sound };
}
