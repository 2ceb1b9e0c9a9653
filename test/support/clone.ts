// The project as somebody has just cloned it.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { makeWorkspace } from './workspace.ts';

/** Everything of the project that git knows or would take, and nothing that was built or installed. */
export function makeClone(): string {
  const folder = makeWorkspace();
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  for (const file of files.filter((name) => existsSync(join(ROOT, name))))
    cpSync(join(ROOT, file), join(folder, file));
  return folder;
}
