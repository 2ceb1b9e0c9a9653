// Which tests are slow: those that start processes, themselves or through what they import from test/, and those that
// replace a module and so need a process of their own. Read from the tests: nobody keeps a list, so none is forgotten.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from './root.ts';

const TEST = join(ROOT, 'test');
/** `spawnSync` and `execFileSync` are for small tools such as mkfifo, over in milliseconds. */
const SLOW = /^import \{[^}]*\b(?:spawn|fork)\b[^}]*\} from 'node:child_process'|^vi\.mock\(/m;
const IMPORT = /from '(\.[^']+\.ts)'/g;

/** Every test file, as a path from the project's own directory. */
export const listTests = (): string[] =>
  readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name));

export const listSlowTests = (): string[] =>
  listTests().filter((file) => isSlow(join(ROOT, file), new Set()));

function isSlow(file: string, seen: Set<string>): boolean {
  if (seen.has(file) || relative(TEST, file).startsWith('..')) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (SLOW.test(text)) return true;
  return [...text.matchAll(IMPORT)].some(([, path]) => isSlow(resolve(dirname(file), path as string), seen));
}
