// The live key store: the present snapshot, kept true by a watch for speed and a poll for certainty.

import { basename, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { type ScanResult, ScanSchedule } from '../files/schedule.ts';
import { traceFile } from '../files/trace.ts';
import { DirectoryWatch } from '../files/watch.ts';
import { type Followed, FollowedState } from '../followed.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { MEASURE } from './entry.ts';
import { createLookup, type IssuerLookup } from './lookup.ts';
import { KeyReport, type Observation } from './report.ts';
import { type Elsewhere, earliestLookMs, type KeyFiles, scanKeyFiles, traceDirectory } from './scan.ts';
import { collectIssuers, countUsable, type Snapshot } from './snapshot.ts';

export interface KeyStoreOptions {
  /** `guard.keys_dir`. */
  readonly directory: string;
  /** Key files configured by path; each one more issuer, named by its base name, with any suffix. */
  readonly extraFiles: readonly string[];
  /** `token.issuer_suffix = optional`: see `createLookup`. */
  readonly suffixOptional: boolean;
  /** Takes one line for the operator; no line break at the end. */
  readonly report: (line: string) => void;
}

/** The snapshot is what is followed. */
export interface KeyStore extends Followed<Snapshot> {
  /** By the present state. */
  readonly lookup: IssuerLookup;
  /** `current()` under the name of what it is. */
  snapshot(): Snapshot;
  usableIssuers(): number;
  /** Ends watching and polling; lookups go on answering from the last state. */
  close(): void;
}

/** Several events of one change become one scan. */
const DEBOUNCE_MS = 50;
/** A name added in the same tick of the kernel's clock as the listing leaves no trace in the directory's times. */
const DIRECTORY_SETTLE_MS = 100;
const CHECK_INTERVAL_MS = 250;
const MIN_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 10_000;
/** Rest per work. With the listing and the garbage it leaves, an idle store stays below 5 % of a core at any size. */
const IDLE_FACTOR = 30;

/**
 * Reads the keys directory once and keeps following it.
 * @throws Failure `keys_unreadable` when the directory is missing, no directory, or cannot be listed.
 */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  const configured = selectConfigured(options);
  const files = await scanKeyFiles(options.directory, configured, undefined);
  if (files.directory.lost !== undefined) throw describeLoss(options.directory, files.directory.lost);
  return new DirectoryKeyStore(options, configured, files);
}

class DirectoryKeyStore implements KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #configured: readonly string[];
  readonly #report: KeyReport;
  readonly #watch: DirectoryWatch;
  readonly #schedule: ScanSchedule;
  #checkTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #now: Observation;
  #usableIssuers: number;
  #lookUp: IssuerLookup;
  readonly #snapshot: FollowedState<Snapshot>;

  constructor(options: KeyStoreOptions, configured: readonly string[], files: KeyFiles) {
    this.#options = options;
    this.#configured = configured;
    this.#now = { files, snapshot: toSnapshot(files, 1) };
    this.#snapshot = new FollowedState(this.#now.snapshot);
    this.#usableIssuers = countUsable(this.#now.snapshot);
    this.#lookUp = createLookup(this.#now.snapshot.issuers, options.suffixOptional);
    this.#report = new KeyReport(options.directory, options.report);
    this.#report.start(this.#now);
    this.#schedule = new ScanSchedule(() => this.#scan());
    this.#watch = new DirectoryWatch(options.directory, () => this.#schedule.request(DEBOUNCE_MS));
    this.#watch.follow(files.directory.identity);
    this.#schedule.request(DIRECTORY_SETTLE_MS);
    this.#checkIn(CHECK_INTERVAL_MS);
  }

  /** Bound to the store, since it is handed on as a bare function. */
  readonly lookup: IssuerLookup = (issuer) => this.#lookUp(issuer);

  current(): Snapshot {
    return this.#snapshot.current();
  }

  follow(listener: (snapshot: Snapshot) => void): () => void {
    return this.#snapshot.follow(listener);
  }

  snapshot(): Snapshot {
    return this.current();
  }

  usableIssuers(): number {
    return this.#usableIssuers;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#checkTimer);
    this.#schedule.close();
    this.#watch.close();
  }

  async #scan(): Promise<ScanResult> {
    const before = this.#now.files;
    const files = await scanKeyFiles(this.#options.directory, this.#configured, before);
    if (this.#isClosed) return { workMs: 0, againInMs: 0 };
    this.#watch.follow(files.directory.identity);
    this.#accept(files);
    const restMs = Math.min(Math.max(IDLE_FACTOR * files.workMs, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    const isSettled = files.directory.fingerprint === before.directory.fingerprint;
    const followUpMs = (earliestLookMs(files) ?? Number.POSITIVE_INFINITY) - performance.now();
    const againInMs = Math.min(isSettled ? restMs : DIRECTORY_SETTLE_MS, followUpMs);
    return { workMs: files.workMs, againInMs };
  }

  /** Puts the new state in the place of the old one, whole. */
  #accept(files: KeyFiles): void {
    const before = this.#now;
    const { snapshot } = before;
    const isSame = isSameState(before.files, files);
    this.#now = { files, snapshot: isSame ? snapshot : toSnapshot(files, snapshot.version + 1) };
    if (!isSame) {
      this.#usableIssuers = countUsable(this.#now.snapshot);
      this.#lookUp = createLookup(this.#now.snapshot.issuers, this.#options.suffixOptional);
      this.#snapshot.change(this.#now.snapshot);
    }
    this.#report.update(before, this.#now, performance.now());
  }

  /** Sees within a moment what the watch may miss, at the price of a few stats. */
  #checkIn(delayMs: number): void {
    this.#checkTimer = setTimeout(() => {
      const startMs = performance.now();
      const { directory, elsewhere } = this.#now.files;
      const isChanged =
        traceDirectory(this.#options.directory).fingerprint !== directory.fingerprint ||
        elsewhere.some(hasChanged);
      if (isChanged) this.#schedule.request(0);
      this.#checkIn(Math.max(CHECK_INTERVAL_MS, IDLE_FACTOR * (performance.now() - startMs)));
    }, delayMs).unref();
  }
}

function hasChanged({ source, fingerprint }: Elsewhere): boolean {
  return traceFile(source.path, source.confinedTo, MEASURE).fingerprint !== fingerprint;
}

/** The configured files by absolute path, each once; a name that cannot stand in `iss` is told and left out. */
function selectConfigured({ extraFiles, report }: KeyStoreOptions): string[] {
  return [...new Set(extraFiles.map((file) => resolve(file)))].filter((file) => {
    const isLegal = isIssuerName(basename(file));
    if (!isLegal)
      report(`warning: ${JSON.stringify(file)} is not used: its name cannot be an issuer name; rename it`);
    return isLegal;
  });
}

function toSnapshot(files: KeyFiles, version: number): Snapshot {
  const issuers = collectIssuers(
    [...files.listed.values()].map((entry) => entry.served),
    [...files.configured.values()].map((entry) => entry.served),
  );
  return Object.freeze({ version, issuers, ignored: Object.freeze(files.ignored) });
}

/** Whether both states serve the very same keys and list the same names. */
function isSameState(before: KeyFiles, now: KeyFiles): boolean {
  return (
    hasSameServed(before.listed, now.listed) &&
    hasSameServed(before.configured, now.configured) &&
    before.ignored.length === now.ignored.length &&
    before.ignored.every((name, index) => name === now.ignored[index])
  );
}

function hasSameServed(before: KeyFiles['listed'], now: KeyFiles['listed']): boolean {
  if (before.size !== now.size) return false;
  for (const [name, entry] of now) if (before.get(name)?.served !== entry.served) return false;
  return true;
}

function describeLoss(directory: string, code: string): Failure {
  const what: Record<string, string> = {
    ENOENT: 'does not exist; create it',
    ENOTDIR: 'is not a directory; name one',
    EACCES: 'cannot be listed by this user; let it read and enter the directory',
  };
  return new Failure(
    'keys_unreadable',
    `guard.keys_dir: ${JSON.stringify(directory)} ${Object.hasOwn(what, code) ? what[code] : `cannot be listed (${code})`}.`,
  );
}
