// What is known about one key file over time: when a change is complete enough to act on, and how long a key
// outlives a file that is being replaced. Time is a number of a monotonic clock, given by the caller.

import { basename } from 'node:path';
import type { BadFile } from '../files/bad-file.ts';
import { readWhole, UnreadableFile } from '../files/read.ts';
import {
  ABSENT,
  type Bounds,
  type Measure,
  MISSING,
  type Trace,
  tooLarge,
  traceFile,
  unreadable,
} from '../files/trace.ts';
import type { VerificationKey } from './key.ts';
import { type KeyFile, parseKeyFile } from './keyfile.ts';
import { haveSameKeys, type IssuerKeys } from './snapshot.ts';

/** Kernel timestamps move in steps of up to 10 ms: after this long a later write cannot share a fingerprint. */
const SETTLE_MS = 100;
/** An incomplete file gets a second look after this long; until then it costs its issuer nothing, and gains nothing. */
const SECOND_LOOK_MS = 300;

export const MEASURE: Measure = { maxBytes: 64 * 1024, noun: 'key file' };

export interface KeySource {
  readonly name: string;
  readonly path: string;
  /** The real path links must not leave; undefined for files the operator configured by path. */
  readonly confinedTo: Bounds | undefined;
}

export interface Entry {
  readonly trace: Trace;
  /** When this fingerprint was first seen. */
  readonly seenMs: number;
  /** Since when the file has been incomplete, through all its fingerprints. */
  readonly incompleteSinceMs: number | undefined;
  /** What was read, kept until a second reading confirms it. */
  readonly unconfirmedText: string | undefined;
  /** Reading failed for a reason outside of the file (EMFILE): try at each scan. */
  readonly isReadable: boolean;
  readonly file: NamedFile;
  /** What tokens are judged by: the file, or for a moment what it held before. */
  readonly served: IssuerKeys;
}

/** Under the name of its issuer. */
type NamedFile = KeyFile & { readonly name: string };

/** Looks at a file and brings what is known of it up to date. Returns `previous` itself when nothing is new. */
export function lookAt(source: KeySource, previous: Entry | undefined, nowMs: number): Entry {
  const trace = traceFile(source.path, source.confinedTo, MEASURE);
  if (!previous || trace.fingerprint !== previous.trace.fingerprint) {
    return readEntry(basename(source.path), trace, previous, nowMs);
  }
  if (previous.unconfirmedText === undefined && previous.isReadable) return letGo(previous, nowMs);
  if (nowMs < previous.seenMs + SETTLE_MS) return letGo(previous, nowMs);
  return confirm(trace, previous, nowMs);
}

/** The file is not there any more. */
export function markAbsent(previous: Entry, nowMs: number): Entry {
  if (previous.trace === ABSENT) return letGo(previous, nowMs);
  return toEntry(ABSENT, { ...MISSING, name: previous.file.name }, undefined, previous, nowMs);
}

/** When the file wants its next look, whatever the poll does; undefined when it can wait. */
export function nextLookMs({
  unconfirmedText,
  seenMs,
  file,
  served,
  incompleteSinceMs,
}: Entry): number | undefined {
  if (unconfirmedText !== undefined) return seenMs + SETTLE_MS;
  const isHeld = !file.usable && served.usable;
  return isHeld && incompleteSinceMs !== undefined ? incompleteSinceMs + SECOND_LOOK_MS : undefined;
}

/** From when on a bad file is worth a line to the operator; a growing file is left alone until it rests. */
export function reportableFromMs({ file, seenMs }: Entry): number {
  return !file.usable && file.incomplete ? seenMs + SECOND_LOOK_MS : seenMs;
}

/** Reads again: a write in the same tick of the kernel's clock, of the same size, shows in the text alone. */
function confirm(trace: Trace, previous: Entry, nowMs: number): Entry {
  const text = readTrace(trace);
  if (typeof text !== 'string') return letGo(previous, nowMs);
  if (text === previous.unconfirmedText) return letGo({ ...previous, unconfirmedText: undefined }, nowMs);
  return toEntry(trace, { ...parseKeyFile(text), name: previous.file.name }, text, previous, nowMs);
}

function readEntry(name: string, trace: Trace, previous: Entry | undefined, nowMs: number): Entry {
  const text = readTrace(trace);
  if (typeof text !== 'string') return toEntry(trace, { ...text, name }, undefined, previous, nowMs);
  return toEntry(trace, { ...parseKeyFile(text), name }, text, previous, nowMs);
}

/** One byte a character. */
function readTrace({ target }: Trace): string | BadFile {
  if (typeof target !== 'string') return target;
  try {
    return readWhole(target, { maxBytes: MEASURE.maxBytes, isRealPath: true }).toString('latin1');
  } catch (error) {
    return error instanceof UnreadableFile && error.code === 'too_large'
      ? tooLarge(MEASURE)
      : unreadable(error);
  }
}

function toEntry(
  trace: Trace,
  found: NamedFile,
  text: string | undefined,
  previous: Entry | undefined,
  nowMs: number,
): Entry {
  const file = keepKeys(found, previous);
  const incompleteSinceMs =
    file.usable || !file.incomplete ? undefined : (previous?.incompleteSinceMs ?? nowMs);
  const isReadable = typeof trace.target !== 'string' || text !== undefined;
  const held = previous?.served.usable && incompleteSinceMs !== undefined;
  const served = file.usable || !held ? file : previous.served;
  return letGo(
    { trace, seenMs: nowMs, incompleteSinceMs, unconfirmedText: text, isReadable, file, served },
    nowMs,
  );
}

/** Ends the time a key outlives its file. */
function letGo(entry: Entry, nowMs: number): Entry {
  const { file, served, incompleteSinceMs = nowMs } = entry;
  if (file.usable || !served.usable || nowMs < incompleteSinceMs + SECOND_LOOK_MS) return entry;
  return { ...entry, served: file };
}

/** A key that stays keeps its object: whoever remembers verified tokens compares key objects. */
function keepKeys(found: NamedFile, previous: Entry | undefined): NamedFile {
  const before = previous?.served;
  if (!found.usable || !before?.usable) return found;
  if (haveSameKeys(found, before)) return before;
  const known = new Map<string, VerificationKey>(before.keys.map((key) => [key.thumbprint, key]));
  return { ...found, keys: found.keys.map((key) => known.get(key.thumbprint) ?? key) };
}
