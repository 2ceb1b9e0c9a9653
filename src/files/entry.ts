// What is known about one file over time: when a change is complete enough to act on, and how long the old content
// outlives a file that is being replaced. Time is a number of a monotonic clock, given by the caller.

import { basename } from 'node:path';
import { type BadFile, incomplete } from './bad-file.ts';
import type { Content, FileKind, Parsed } from './kind.ts';
import { readWhole, UnreadableFile } from './read.ts';
import { ABSENT, type Bounds, MISSING, type Trace, tooLarge, traceFile, unreadable } from './trace.ts';

/** Kernel timestamps move in steps of up to 10 ms: after this long a later write cannot share a fingerprint. */
export const SETTLE_MS = 100;
/** An incomplete file gets a second look after this long; until then it costs what was there before nothing, and gains nothing. */
const SECOND_LOOK_MS = 300;

export interface Source<T> {
  readonly path: string;
  /** What links must not leave; undefined for files that were named by path. */
  readonly bounds: Bounds | undefined;
  readonly kind: FileKind<T>;
}

export interface Entry<T> {
  readonly trace: Trace;
  /** When this fingerprint was first seen. */
  readonly seenMs: number;
  /** Since when the file has been incomplete, through all its fingerprints. */
  readonly incompleteSinceMs: number | undefined;
  /** What was read, one byte a character, kept until a second reading confirms it. */
  readonly unconfirmed: string | undefined;
  /** Reading failed for a reason outside of the file (EMFILE): try at each scan. */
  readonly isReadable: boolean;
  readonly file: Content<T>;
  /** What counts: the file, or for a moment what it held before. */
  readonly served: Content<T>;
  /** A bad file that deserves a line to the operator; one that grows is left alone until it rests. */
  readonly isReportable: boolean;
  /** What is in it came a moment ago: what belongs to it may be still on its way. */
  readonly isFresh: boolean;
}

/** Whether what is there does not count yet, or what counts is there no more: a moment will tell. */
export const isInMotion = <T>({ file, served, isReportable }: Entry<T>): boolean =>
  file.usable ? served !== file : !isReportable;

/** Whether a look has brought nothing that anybody would act on. */
export const countsSame = <T>(before: Entry<T> | undefined, now: Entry<T>): boolean =>
  before === now ||
  (before?.served === now.served && before.isFresh === now.isFresh && isInMotion(before) === isInMotion(now));

/** Looks at a file and brings what is known of it up to date. Returns `previous` itself when nothing is new. */
export function lookAt<T>(source: Source<T>, previous: Entry<T> | undefined, nowMs: number): Entry<T> {
  const trace = traceFile(source.path, source.bounds, source.kind);
  if (!previous || trace.fingerprint !== previous.trace.fingerprint) {
    return readEntry(source, trace, previous, nowMs);
  }
  if (previous.unconfirmed === undefined && previous.isReadable) return age(previous, nowMs);
  if (nowMs < previous.seenMs + SETTLE_MS) return age(previous, nowMs);
  return confirm(source, trace, previous, nowMs);
}

/** The file is not there any more. */
export function markAbsent<T>(source: Source<T>, previous: Entry<T>, nowMs: number): Entry<T> {
  if (previous.trace === ABSENT) return age(previous, nowMs);
  return toEntry(source, { trace: ABSENT, found: MISSING }, previous, nowMs);
}

/** When the file wants its next look, whatever the poll does; undefined when it can wait. */
export function nextLookMs<T>(entry: Entry<T>): number | undefined {
  const { unconfirmed, seenMs, file } = entry;
  const settledMs = unconfirmed === undefined ? Number.POSITIVE_INFINITY : seenMs + SETTLE_MS;
  const firmMs = file.usable ? Number.POSITIVE_INFINITY : nextAgeMs(entry);
  const nextMs = Math.min(settledMs, firmMs);
  return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
}

/** When time alone changes what is known of a bad file. */
function nextAgeMs<T>({ served, incompleteSinceMs, isReportable, seenMs }: Entry<T>): number {
  if (served.usable && incompleteSinceMs !== undefined) return incompleteSinceMs + SECOND_LOOK_MS;
  return isReportable ? Number.POSITIVE_INFINITY : seenMs + SECOND_LOOK_MS;
}

/** Reads again: a write in the same tick of the kernel's clock, of the same size, shows in the bytes alone. */
function confirm<T>(source: Source<T>, trace: Trace, previous: Entry<T>, nowMs: number): Entry<T> {
  const bytes = readTrace(trace, source.kind);
  if (!Buffer.isBuffer(bytes)) return age(previous, nowMs);
  if (previous.unconfirmed === toText(bytes)) return age(settle(previous), nowMs);
  return toEntry(source, { trace, found: source.kind.parse(bytes), bytes }, previous, nowMs);
}

function readEntry<T>(
  source: Source<T>,
  trace: Trace,
  previous: Entry<T> | undefined,
  nowMs: number,
): Entry<T> {
  const bytes = readTrace(trace, source.kind);
  if (!Buffer.isBuffer(bytes)) return toEntry(source, { trace, found: bytes }, previous, nowMs);
  return toEntry(source, { trace, found: source.kind.parse(bytes), bytes }, previous, nowMs);
}

/** To compare: thousands of strings cost much less memory than buffers. */
const toText = (bytes: Buffer): string => bytes.toString('latin1');

const UNREAD = Buffer.alloc(0);

function readTrace<T>({ target }: Trace, kind: FileKind<T>): Buffer | BadFile {
  if (typeof target !== 'string') return target;
  if (kind.isUnread) return UNREAD;
  try {
    return readWhole(target, { maxBytes: kind.maxBytes, isRealPath: true });
  } catch (error) {
    return error instanceof UnreadableFile && error.code === 'too_large' ? tooLarge(kind) : unreadable(error);
  }
}

interface Look<T> {
  readonly trace: Trace;
  readonly found: Parsed<T>;
  readonly bytes?: Buffer;
}

function toEntry<T>(
  source: Source<T>,
  { trace, found, bytes }: Look<T>,
  previous: Entry<T> | undefined,
  nowMs: number,
): Entry<T> {
  const file = keepSame(source.kind, { ...found, name: basename(source.path) }, previous?.served);
  const incompleteSinceMs =
    file.usable || !file.incomplete ? undefined : (previous?.incompleteSinceMs ?? nowMs);
  const isHeld = previous?.served.usable && incompleteSinceMs !== undefined;
  const isFresh = file.usable && !isSettled(trace, previous, nowMs);
  const isUnsettled = isFresh && source.kind.settles === true;
  return age(
    {
      trace,
      seenMs: nowMs,
      incompleteSinceMs,
      unconfirmed: bytes && toText(bytes),
      isReadable: typeof trace.target !== 'string' || bytes !== undefined,
      file,
      served: isHeld ? previous.served : isUnsettled ? serveMeanwhile(file, previous) : file,
      isReportable: false,
      isFresh,
    },
    nowMs,
  );
}

/** Nothing wants a second look that was there, unchanged, before anybody looked. */
function isSettled<T>(trace: Trace, previous: Entry<T> | undefined, nowMs: number): boolean {
  if (previous !== undefined || trace.changedMs === undefined) return false;
  return trace.changedMs + SETTLE_MS < performance.timeOrigin + nowMs;
}

/** What counts while a file may still be written. */
function serveMeanwhile<T>(file: Content<T>, previous: Entry<T> | undefined): Content<T> {
  return previous?.served.usable
    ? previous.served
    : { ...incomplete('The file is being written.'), name: file.name };
}

/** It has stayed the same: it counts. */
const settle = <T>(entry: Entry<T>): Entry<T> => ({
  ...entry,
  unconfirmed: undefined,
  served: entry.file.usable ? entry.file : entry.served,
  isFresh: false,
});

/** Ends the time that content outlives its file, and the patience with a file that grows. */
function age<T>(entry: Entry<T>, nowMs: number): Entry<T> {
  const { file, served, seenMs, incompleteSinceMs = nowMs } = entry;
  if (file.usable) return entry;
  const isReportable = !file.incomplete || nowMs >= seenMs + SECOND_LOOK_MS;
  const isHeld = served.usable && nowMs < incompleteSinceMs + SECOND_LOOK_MS;
  if (isReportable === entry.isReportable && (isHeld || served === file)) return entry;
  return { ...entry, isReportable, served: isHeld ? served : file };
}

function keepSame<T>(kind: FileKind<T>, found: Content<T>, before: Content<T> | undefined): Content<T> {
  return found.usable && before?.usable && kind.keep ? kind.keep(found, before) : found;
}
