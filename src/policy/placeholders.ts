// EMQX's placeholders in the filters of a rule: `${clientid}`, `${username}`, `${client_attrs.NAME}` and the like,
// anywhere inside a level. A value is filled in once, never read again as a template. Whose values they are is for
// the caller.

/** `client_attrs.NAME` stands for any attribute. */
export type PlaceholderName =
  | 'clientid'
  | 'username'
  | 'cert_common_name'
  | 'zone'
  | `client_attrs.${string}`;

const PLACEHOLDER = /\$\{(clientid|username|cert_common_name|zone|client_attrs\.[A-Za-z0-9_-]+|\$)\}/g;

/** The placeholders a filter names; an unknown one is a text like any other. */
export function listPlaceholders(filter: string): PlaceholderName[] {
  const names = [...filter.matchAll(PLACEHOLDER)].map(([, name]) => name as string);
  return names.filter((name) => name !== '$') as PlaceholderName[];
}

/**
 * The filter with its values. `${$}` is a dollar sign, in a filter with a real placeholder only.
 * @param valueFor gives the value of each placeholder, which is put in as it stands
 */
export function fillPlaceholders(filter: string, valueFor: (name: PlaceholderName) => string): string {
  if (listPlaceholders(filter).length === 0) return filter;
  return filter.replace(PLACEHOLDER, (_, name: string) =>
    name === '$' ? '$' : valueFor(name as PlaceholderName),
  );
}

/** Whether a value could make more of a filter than the one level it stands in. */
export const canWiden = (value: string): boolean => /[+#/]/.test(value);
