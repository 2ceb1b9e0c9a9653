// The names of options: those of the settings in camel case.

export const toCamelCase = (text: string): string =>
  text.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Spelled as in a settings file: refused, or one option would have two names. */
const isSettingName = (name: string): boolean => name.includes('_');

export const isBlock = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The members of a block under the names of the settings; what is no block as it stands. */
export function toSettings(block: unknown): unknown {
  if (!isBlock(block)) return block;
  const members = Object.entries(block).filter(([name]) => !isSettingName(name));
  return Object.fromEntries(members.map(([name, value]) => [toSnakeCase(name), value]));
}

/** @param path where the block stands, `token` */
export const listSettingNames = (block: unknown, path: string): string[] =>
  Object.keys(isBlock(block) ? block : {})
    .filter(isSettingName)
    .map((name) => `${path}.${name} is unknown; did you mean ${toCamelCase(name)}?`);
