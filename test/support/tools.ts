// Programs and rights that a test needs of the machine. Without one its tests are skipped, but never in CI: a skipped
// test looks like a good one there.
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** Whether a test may skip itself for what the machine lacks. `.ci/run` installs every program a test calls. */
export const MAY_SKIP = !process.env.CI;

const isInstalled = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;

/** For `skipIf`: one of the programs is missing, and the tests may do without. */
export const lacks = (...programs: readonly string[]): boolean =>
  MAY_SKIP && !programs.every((program) => isInstalled(program));

const NOBODY = 65_534;

/** Root may read everything: where the tests run as root, the rest of this one goes on as the owner of `paths`. */
export function becomeNobody(...paths: readonly string[]): void {
  if (process.geteuid?.() !== 0) return;
  for (const path of paths) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  onTestFinished(() => process.seteuid?.(0));
}
