// A group of this machine, by its number or its name in /etc/group (group(5)). Directories that know further groups
// (LDAP) are not asked: those go by number.
import { readWhole } from '../files/read.ts';

const HIGHEST_ID = 2 ** 32 - 2;

/** Undefined where there is none of this name. */
export function findGroupId(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) <= HIGHEST_ID ? Number(text) : undefined;
  const line = readGroups().find((fields) => fields[0] === text);
  return line?.[2] === undefined ? undefined : Number(line[2]);
}

function readGroups(): string[][] {
  try {
    const text = readWhole('/etc/group').toString();
    return text.split('\n').map((line) => line.split(':'));
  } catch {
    return [];
  }
}
