import { defineConfig } from 'vitest/config';
import { listSlowTests } from './test/support/slow.ts';

const slow = listSlowTests();

export default defineConfig({
  test: {
    // A loaded machine starts processes slowly; what has a time of its own says so itself.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    setupFiles: ['test/support/after-each.ts'],
    projects: [
      // They share a process: loading everything again for each file would take longer than the tests.
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: slow, isolate: false },
      },
      { extends: true, test: { name: 'slow', include: slow } },
    ],
  },
});
