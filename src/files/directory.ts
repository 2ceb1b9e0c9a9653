// A directory as it is now: which one it is, who can write it, which names it has. Never throws: a directory that
// cannot be listed is a state like any other. Knows nothing of the files in it.

import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { codeOf } from './errno.ts';
import { fingerprintOf } from './trace.ts';

const WRITABLE_BY_OTHERS = 0o022n;
const OUT_OF_DESCRIPTORS = new Set(['EMFILE', 'ENFILE']);

export interface DirectoryTrace {
  /** Changes when names come and go, and when another directory takes the place. */
  readonly fingerprint: string;
  /** Which directory it is; changes only when another one takes the place, even one with a reused inode number. */
  readonly identity: string;
  /** Its group or everyone can add files. */
  readonly isOpenToOthers: boolean;
}

/** The cheap look between scans. */
export function traceDirectory(path: string): DirectoryTrace {
  try {
    const stats = statSync(path, { bigint: true });
    const identity = `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
    const isOpenToOthers = (stats.mode & WRITABLE_BY_OTHERS) !== 0n && !isReadOnly(path);
    return { fingerprint: fingerprintOf(stats), identity, isOpenToOthers };
  } catch (error) {
    return { fingerprint: codeOf(error), identity: '', isOpenToOthers: false };
  }
}

export interface Listing {
  readonly realPath: string;
  readonly names: readonly string[];
  /** The errno name when there is no directory to list. */
  readonly lost: string | undefined;
}

/** @param known the names of before, where they still have to do; undefined at the first listing */
export async function listDirectory(
  path: string,
  known: (() => readonly string[]) | undefined,
): Promise<Listing> {
  let realPath = path;
  try {
    realPath = await realpath(path);
    return { realPath, names: await readdir(realPath), lost: undefined };
  } catch (error) {
    const lost = codeOf(error);
    // Listing needs a descriptor, stat does not: a flood of connections must not make every file vanish.
    if (known && OUT_OF_DESCRIPTORS.has(lost)) return { realPath, names: known(), lost: undefined };
    return { realPath, names: [], lost };
  }
}

/** Whether a path still leads where a listing has found it. */
export function isStillAt(path: string, realPath: string): boolean {
  try {
    return realpathSync.native(path) === realPath;
  } catch {
    return false;
  }
}

/** Whether a name is taken, by whatever. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Kubernetes mounts its volumes with mode 1777, and read-only. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return codeOf(error) === 'EROFS';
  }
}
