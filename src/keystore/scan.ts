// One pass over the keys directory and the configured files: which entries there are and what each one says now.
// Knows no timer, no watcher and no report; leaves the event loop free between slices.

import { accessSync, constants, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { codeOf } from '../files/errno.ts';
import { fingerprintOf } from '../files/trace.ts';
import { type Entry, type KeySource, lookAt, markAbsent, nextLookMs } from './entry.ts';
import { isKeyFileName } from './names.ts';

/** Files looked at in one turn of the event loop. */
const SLICE = 200;
const WRITABLE_BY_OTHERS = 0o022n;
const OUT_OF_DESCRIPTORS = new Set(['EMFILE', 'ENFILE']);

export interface DirectoryState {
  /** Changes when names come and go, and when another directory takes the place. */
  readonly fingerprint: string;
  /** Which directory it is; changes only when another one takes the place, even one with a reused inode number. */
  readonly identity: string;
  /** Its group or everyone can add files. */
  readonly isOpenToOthers: boolean;
  /** The errno name when there is no directory to list; every key in it is refused. */
  readonly lost: string | undefined;
}

export interface KeyFiles {
  readonly directory: DirectoryState;
  /** The key files of the directory, by name. */
  readonly listed: ReadonlyMap<string, Entry>;
  /** The configured files, by path. */
  readonly configured: ReadonlyMap<string, Entry>;
  readonly ignored: readonly string[];
  /** Files whose change the directory's own state does not show: behind links, and configured ones. */
  readonly elsewhere: readonly Elsewhere[];
  /** Time spent on the pass itself, without the waits. */
  readonly workMs: number;
}

export interface Elsewhere {
  readonly source: KeySource;
  readonly fingerprint: string;
}

/** Looks at everything once. Never rejects: a directory that cannot be listed is a state like any other. */
export async function scanKeyFiles(
  path: string,
  configuredPaths: readonly string[],
  previous: KeyFiles | undefined,
): Promise<KeyFiles> {
  const directory = traceDirectory(path);
  const { real, names, lost } = await listDirectory(path, previous);
  const work = new WorkMeter();
  const inDirectory = names.filter(isKeyFileName).map((name) => ({
    name,
    path: join(real, name),
    confinedTo: { realPath: real, called: 'keys directory' },
  }));
  const listed = await lookAtAll(inDirectory, previous?.listed, work);
  const elsewhere = inDirectory.filter(({ name }) => listed.get(name)?.trace.isLink);
  keepLeaving(listed, previous?.listed);
  const byPath = configuredPaths.map((file) => ({ name: file, path: file, confinedTo: undefined }));
  const configured = await lookAtAll(byPath, previous?.configured, work);
  return {
    directory: { ...directory, lost },
    listed,
    configured,
    ignored: names.filter((name) => !name.startsWith('.') && !isKeyFileName(name)).sort(),
    elsewhere: [...withFingerprints(elsewhere, listed), ...withFingerprints(byPath, configured)],
    workMs: work.stop(),
  };
}

/** The cheap look between scans: the directory's own state. Never throws. */
export function traceDirectory(path: string): DirectoryState {
  try {
    const stats = statSync(path, { bigint: true });
    const identity = `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
    const isOpenToOthers = (stats.mode & WRITABLE_BY_OTHERS) !== 0n && !isReadOnly(path);
    return { fingerprint: fingerprintOf(stats), identity, isOpenToOthers, lost: undefined };
  } catch (error) {
    return { fingerprint: codeOf(error), identity: '', isOpenToOthers: false, lost: codeOf(error) };
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

/** When the first file wants its next look; undefined when all can wait for the poll. */
export function earliestLookMs(files: KeyFiles): number | undefined {
  let earliest: number | undefined;
  for (const entries of [files.listed, files.configured]) {
    for (const entry of entries.values()) {
      const at = nextLookMs(entry);
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
  }
  return earliest;
}

async function listDirectory(
  path: string,
  previous: KeyFiles | undefined,
): Promise<{ real: string; names: readonly string[]; lost: string | undefined }> {
  let real = path;
  try {
    real = await realpath(path);
    return { real, names: await readdir(real), lost: undefined };
  } catch (error) {
    const lost = codeOf(error);
    // Listing needs a descriptor, stat does not: a flood of connections must not make every key vanish.
    if (previous && OUT_OF_DESCRIPTORS.has(lost)) {
      return { real, names: [...previous.listed.keys(), ...previous.ignored], lost: undefined };
    }
    return { real, names: [], lost };
  }
}

async function lookAtAll(
  sources: readonly KeySource[],
  previous: ReadonlyMap<string, Entry> | undefined,
  work: WorkMeter,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for (let at = 0; at < sources.length; at += SLICE) {
    if (at > 0) await work.pause();
    for (const source of sources.slice(at, at + SLICE)) {
      entries.set(source.name, lookAt(source, previous?.get(source.name), performance.now()));
    }
  }
  return entries;
}

/** Files that left keep their entry while their keys are still served. */
function keepLeaving(entries: Map<string, Entry>, previous: ReadonlyMap<string, Entry> | undefined): void {
  const nowMs = performance.now();
  for (const [name, before] of previous ?? []) {
    if (entries.has(name)) continue;
    const entry = markAbsent(before, nowMs);
    if (entry.served.usable) entries.set(name, entry);
  }
}

function* withFingerprints(
  sources: readonly KeySource[],
  entries: ReadonlyMap<string, Entry>,
): Iterable<Elsewhere> {
  for (const source of sources) {
    const entry = entries.get(source.name);
    if (entry) yield { source, fingerprint: entry.trace.fingerprint };
  }
}

/** Adds up the time between pauses, so that a busy process does not look like a large directory. */
class WorkMeter {
  #totalMs = 0;
  #sinceMs = performance.now();

  async pause(): Promise<void> {
    this.#totalMs += performance.now() - this.#sinceMs;
    await yieldToEventLoop();
    this.#sinceMs = performance.now();
  }

  stop(): number {
    return this.#totalMs + performance.now() - this.#sinceMs;
  }
}
