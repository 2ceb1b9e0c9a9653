// Every setting of the program's own schema, for the documents that promise to show them all.
import { guardSchema, httpServerSchema } from '../../src/config/schema.ts';

export interface Setting {
  /** Dotted, with its block: `guard.token.audience`. */
  readonly name: string;
  /** As one would write it; undefined where there is none. */
  readonly default: string | undefined;
}

/** What is used of zod's own description of a schema. */
interface Schema {
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly def: { readonly innerType?: Schema; readonly defaultValue?: unknown };
}

export const listSettings = (): Setting[] => [
  ...walk(guardSchema as unknown as Schema, 'guard'),
  ...walk(httpServerSchema as unknown as Schema, 'http_server'),
];

function walk({ shape, def }: Schema, name: string, byDefault?: unknown): Setting[] {
  if (shape !== undefined)
    return Object.entries(shape).flatMap(([member, schema]) => walk(schema, `${name}.${member}`));
  if (def.innerType !== undefined) return walk(def.innerType, name, byDefault ?? def.defaultValue);
  return [{ name, default: byDefault === undefined ? undefined : write(byDefault) }];
}

const write = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
