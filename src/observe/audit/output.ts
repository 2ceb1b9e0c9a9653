// Where audit records go: standard output, or a file that is opened to append. Knows no record.
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
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

const LINE_END = 0x0a;

/**
 * Whether what is in a file ends in the middle of a line, of a guard that was killed or of a disk that was full. Never so of
 * what is no file, or may not be read.
 */
export function endsWithinLine(fd: number): boolean {
  const stats = fstatSync(fd);
  const { size } = stats;
  if (size === 0 || !stats.isFile()) return false;
  try {
    // The descriptor itself is for writing alone.
    const reader = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    const last = Buffer.alloc(1);
    const count = readSync(reader, last, 0, 1, size - 1);
    closeSync(reader);
    return count === 1 && last[0] !== LINE_END;
  } catch {
    return false;
  }
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
