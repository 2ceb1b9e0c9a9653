import { defineConfig } from 'vitest/config';
import { listSlowTests } from './test/support/slow.ts';

const slow = listSlowTests();

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
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
