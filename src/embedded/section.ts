// How posted JSON changes a section of the configuration, as nanomq's conf_api.c does it: a member counts when the
// section has it and its type fits; every other is passed over. Knows no section by name.

import { isList, isObject, type Json, readMember } from './json.ts';
import type { Section } from './planted.ts';

/** Takes over what fits. What a section does not have yet (null) is text. */
export function updateSection(section: Section, given: Json | undefined): void {
  for (const [name, current] of Object.entries(section)) {
    const value = readMember(given, name);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'object') {
      if (typeof value === typeof (current ?? '')) section[name] = value;
    } else if (Array.isArray(current)) {
      if (isList(value)) section[name] = value.filter((item) => typeof item === 'string');
    } else if (isObject(value) && typeof current === 'object' && current !== null) {
      if (name === 'headers') section[name] = readHeaders(value);
      else updateSection(current, value);
    }
  }
}

/** Header fields have whatever names the sender chose; they are kept folded, as HTTP compares them. */
function readHeaders(given: ReadonlyMap<string, Json>): Section {
  return Object.fromEntries(
    [...given].filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
}
