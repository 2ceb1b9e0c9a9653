// `npm run test:fast` keeps its word: no test in it starts the product as a process.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/root.ts';
import { listSlowTests, listTests } from './support/slow.ts';

const SLOW = listSlowTests();
/** Whoever imports one of them starts the product. */
const STARTERS = ['test/support/program.ts', 'test/process/workers/harness.ts'].map((file) =>
  join(ROOT, file),
);

function importsStarter(test: string): boolean {
  const file = join(ROOT, test);
  const imported = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)];
  return imported.some(([, path]) => STARTERS.includes(resolve(dirname(file), path as string)));
}

describe('the slow tests', () => {
  it('are at least all that import what starts the product', () => {
    const starting = listTests().filter(importsStarter);
    expect(starting.length).toBeGreaterThan(10);
    expect(starting.filter((test) => !SLOW.includes(test))).toEqual([]);
  });

  it.each([
    ['starts npm', 'test/readme.test.ts'],
    ['starts a process for the sake of its memory', 'test/proxy/memory.test.ts'],
    ['replaces a module', 'test/keystore/poll.test.ts'],
  ])('are found by what they do: one %s', (_, test) => expect(SLOW).toContain(test));

  it('leave the tests that need no process of their own to the fast ones', () => {
    expect(SLOW).not.toContain('test/token/verify.test.ts');
    expect(SLOW.length).toBeLessThan(listTests().length / 3);
  });
});
