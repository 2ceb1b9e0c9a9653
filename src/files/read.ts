// Looks at and reads one path safely: regular files only, bounded, never blocking on a FIFO, never leaving the
// keys directory through a link. Knows no key format.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { sep } from 'node:path';
import { type BadFile, bad, incomplete } from './bad-file.ts';

export const MAX_FILE_BYTES = 64 * 1024;

/** What a look without reading tells. Two equal fingerprints: same file, same state, as far as the kernel's clock can tell. */
export interface Trace {
  readonly fingerprint: string;
  readonly isLink: boolean;
  /** The real path of a regular file of acceptable size, or why there is nothing to read. */
  readonly target: string | BadFile;
}

export const MISSING = incomplete('The file does not exist.');
export const ABSENT: Trace = { fingerprint: 'absent', isLink: false, target: MISSING };

const TOO_LARGE = bad(`The file is larger than ${MAX_FILE_BYTES / 1024} KiB, so it is no key file.`);
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;
/** One byte more than allowed, so that a file growing under our hands is noticed. */
const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);

/** Stats a path, through links that end below `confinedTo` (a real path) or, without it, anywhere. Never throws. */
export function traceFile(path: string, confinedTo: string | undefined): Trace {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats) return ABSENT;
    if (stats.isSymbolicLink()) return traceLink(path, stats, confinedTo);
    return { fingerprint: fingerprintOf(stats), isLink: false, target: judgeStats(stats) ?? path };
  } catch (error) {
    return { fingerprint: `unreadable ${codeOf(error)}`, isLink: false, target: unreadable(error) };
  }
}

/** The text of a traced file, one byte a character; or why it cannot be had. Never throws. */
export function readBounded(path: string): string | BadFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, FLAGS);
    const flaw = judgeStats(fstatSync(descriptor, { bigint: true }));
    return flaw ?? readText(descriptor);
  } catch (error) {
    return unreadable(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** dev, ino, size and both times to the nanosecond: `rsync -t` keeps size and mtime, but nobody can set ctime. */
export function fingerprintOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** The errno name of a thrown value, or its text. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

function traceLink(path: string, link: BigIntStats, confinedTo: string | undefined): Trace {
  let target: string;
  try {
    target = realpathSync.native(path);
  } catch (error) {
    // Kubernetes may show a link before its file exists (kubernetes#93686): worth a second look.
    const reason = `The symbolic link leads nowhere (${codeOf(error)}).`;
    return { fingerprint: `dangling ${fingerprintOf(link)}`, isLink: true, target: incomplete(reason) };
  }
  const stats = lstatSync(target, { bigint: true });
  const fingerprint = `${target} ${fingerprintOf(stats)}`;
  if (confinedTo !== undefined && !isInside(target, confinedTo)) {
    return { fingerprint, isLink: true, target: bad('The symbolic link leaves the keys directory.') };
  }
  return { fingerprint, isLink: true, target: judgeStats(stats) ?? target };
}

/** Whether a real path lies below a real directory. */
export const isInside = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

function judgeStats(stats: BigIntStats): BadFile | undefined {
  if (!stats.isFile()) return bad(`It is a ${kindOf(stats)}, not a regular file.`);
  return stats.size > MAX_FILE_BYTES ? TOO_LARGE : undefined;
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return 'device';
}

function readText(descriptor: number): string | BadFile {
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.toString('latin1', 0, length);
    length += count;
  }
  return TOO_LARGE;
}

const unreadable = (error: unknown): BadFile => incomplete(`The file cannot be read (${codeOf(error)}).`);
