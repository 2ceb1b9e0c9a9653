// Where audit records go: standard output, or a file that is opened to append. Knows no record.
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Problem, SettingsFailure } from '../../failure.ts';

export const STDOUT = 1;

/** Records have addresses and subjects in them: a file that is made here is its owner's alone. */
const MODE = 0o600;
/** A FIFO that nobody reads must not hold up the start. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * @param file undefined for standard output
 * @returns a descriptor
 * @throws SettingsFailure where it cannot be opened
 */
export function openAuditOutput(file: string | undefined): number {
  if (file === undefined) return STDOUT;
  try {
    return openSync(file, FLAGS, MODE);
  } catch (error) {
    throw new SettingsFailure([describe(file, error)]);
  }
}

export function closeAuditOutput(fd: number): void {
  if (fd !== STDOUT) closeSync(fd);
}

/** What would keep it from being opened, without making it. */
export function findOutputProblem(file: string | undefined): Problem | undefined {
  if (file === undefined) return undefined;
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(stats === undefined ? dirname(file) : file, constants.W_OK);
    return undefined;
  } catch (error) {
    return describe(file, error);
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make its directory'],
  ['EACCES', 'let this user write there'],
  ['EISDIR', 'name a file in this directory'],
  ['ENOTDIR', 'name a file in a directory'],
  ['ENXIO', 'start first what reads this pipe'],
  ['EROFS', 'name a file where can be written'],
]);

function describe(file: string, error: unknown): Problem {
  const name = 'guard.audit.file';
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const advice = ADVICE.get(code) ?? 'name a file that can';
  return { name, message: `${name}: ${file} cannot be opened for writing (${code}); ${advice}` };
}
