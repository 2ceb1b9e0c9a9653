// Looks at one path without reading it: what is there now, and whether it may be read. A link may be held inside a
// directory. Knows no format.

import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { type BadFile, bad, incomplete } from './bad-file.ts';
import { codeOf } from './errno.ts';
import { isInside } from './inside.ts';
import { formatSize } from './read.ts';

/** What a look without reading tells. Two equal fingerprints: same file, same state, as far as the kernel's clock can tell. */
export interface Trace {
  readonly fingerprint: string;
  readonly isLink: boolean;
  /** When its content or its place last changed, in Unix milliseconds; undefined where nobody can know. */
  readonly changedMs?: number;
  /** The real path of a regular file of acceptable size, or why there is nothing to read. */
  readonly target: string | BadFile;
}

/** The directory that links must not lead out of. */
export interface Bounds {
  readonly realPath: string;
  /** What people call it: `keys directory`. */
  readonly called: string;
}

/** How much of a file is acceptable, and what it would be then: `key file`. */
export interface Measure {
  readonly maxBytes: number;
  readonly noun: string;
}

export const MISSING = incomplete('The file does not exist.');
export const ABSENT: Trace = { fingerprint: 'absent', isLink: false, target: MISSING };

/** Stats a path, through links that end within the bounds or, without them, anywhere. Never throws. */
export function traceFile(path: string, bounds: Bounds | undefined, measure: Measure): Trace {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats) return ABSENT;
    if (stats.isSymbolicLink()) return traceLink(path, stats, bounds, measure);
    const target = judgeStats(stats, measure) ?? path;
    return { fingerprint: fingerprintOf(stats), isLink: false, changedMs: changedMsOf(stats), target };
  } catch (error) {
    return { fingerprint: `unreadable ${codeOf(error)}`, isLink: false, target: unreadable(error) };
  }
}

/** dev, ino, size and both times to the nanosecond: `rsync -t` keeps size and mtime, but nobody can set ctime. */
export function fingerprintOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

export const unreadable = (error: unknown): BadFile =>
  incomplete(`The file cannot be read (${codeOf(error)}).`);

export const tooLarge = ({ maxBytes, noun }: Measure): BadFile =>
  bad(`The file is larger than ${formatSize(maxBytes)}, so it is no ${noun}.`);

function traceLink(path: string, link: BigIntStats, bounds: Bounds | undefined, measure: Measure): Trace {
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
  if (bounds !== undefined && !isInside(target, bounds.realPath)) {
    return { fingerprint, isLink: true, target: bad(`The symbolic link leaves the ${bounds.called}.`) };
  }
  const changedMs = changedMsOf(stats);
  return { fingerprint, isLink: true, changedMs, target: judgeStats(stats, measure) ?? target };
}

const changedMsOf = (stats: BigIntStats): number => Number(stats.ctimeMs);

function judgeStats(stats: BigIntStats, measure: Measure): BadFile | undefined {
  if (!stats.isFile()) return bad(`It is a ${kindOf(stats)}, not a regular file.`);
  return stats.size > measure.maxBytes ? tooLarge(measure) : undefined;
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return 'device';
}
