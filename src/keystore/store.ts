// The live key store: from the files that are followed to the present snapshot, its lookup and its report.

import { basename, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { countsSame, type Entry } from '../files/entry.ts';
import { DirectoryFollower } from '../files/follower.ts';
import { type Followed, FollowedState } from '../followed.ts';
import type { Algorithm } from '../token/algorithms.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { followedKinds, type KeyFileKinds, type KeyFilesState } from './key-files.ts';
import { createLookup, type IssuerLookup } from './lookup.ts';
import { KeyReport } from './report.ts';
import { RuledIssuers } from './ruled-issuers.ts';
import type { SidecarReader } from './sidecar.ts';
import { collectIssuers, countUsable, type Snapshot } from './snapshot.ts';

export interface KeyStoreOptions {
  /** `guard.keys_dir`. */
  readonly directory: string;
  /** Key files configured by path; each one more issuer, named by its base name, with any suffix. */
  readonly extraFiles: readonly string[];
  /** `token.issuer_suffix = optional`: see `createLookup`. */
  readonly suffixOptional: boolean;
  /** `token.algorithms`: keys that none of them is for do not count. */
  readonly algorithms: readonly Algorithm[];
  /** What a sidecar's text means. */
  readonly readSidecar: SidecarReader;
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

/**
 * Reads the keys directory once and keeps following it.
 * @throws Failure `keys_unreadable` when the directory is missing, no directory, or cannot be listed.
 */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  const { directory, algorithms, readSidecar } = options;
  const byPath = { keys: selectConfigured(options) };
  const files = await DirectoryFollower.open({
    directory,
    called: 'keys directory',
    kinds: followedKinds(algorithms, readSidecar),
    byPath,
  });
  const { lost } = files.current();
  const isNeeded = lost !== undefined && !(lost === 'ENOENT' && isServedElsewhere(files.current()));
  if (!isNeeded) return new DirectoryKeyStore(options, files);
  files.close();
  throw describeLoss(directory, lost);
}

/** Where a key is named outright nobody needs the directory; it is followed all the same, should it come. */
const isServedElsewhere = ({ files }: KeyFilesState): boolean =>
  [...files.keys.byPath.values()].some((entry) => entry.served.usable);

class DirectoryKeyStore implements KeyStore {
  readonly #files: DirectoryFollower<KeyFileKinds>;
  readonly #ruled = new RuledIssuers();
  readonly #suffixOptional: boolean;
  readonly #report: KeyReport;
  readonly #snapshot: FollowedState<Snapshot>;
  #seen: KeyFilesState;
  #usableIssuers: number;
  #lookUp: IssuerLookup;

  constructor(
    { directory, suffixOptional, report }: KeyStoreOptions,
    files: DirectoryFollower<KeyFileKinds>,
  ) {
    this.#files = files;
    this.#suffixOptional = suffixOptional;
    this.#seen = files.current();
    const snapshot = this.#toSnapshot(this.#seen, undefined);
    this.#snapshot = new FollowedState(snapshot);
    this.#usableIssuers = countUsable(snapshot);
    this.#lookUp = createLookup(snapshot.issuers, suffixOptional);
    this.#report = new KeyReport(directory, report);
    this.#report.start({ state: this.#seen, snapshot });
    files.follow((state) => this.#accept(state));
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
    this.#files.close();
  }

  #accept(state: KeyFilesState): void {
    const before = { state: this.#seen, snapshot: this.current() };
    this.#seen = state;
    if (!isSameState(before.state, state)) this.#change(this.#toSnapshot(state, before.snapshot));
    this.#report.update(before, { state, snapshot: this.current() });
  }

  /** The very one of before where nothing differs. */
  #toSnapshot({ files, ignored }: KeyFilesState, before: Snapshot | undefined): Snapshot {
    const [listed, configured] = [[...files.keys.listed.values()], [...files.keys.byPath.values()]];
    const served = collectIssuers(
      listed.map((entry) => entry.served),
      configured.map((entry) => entry.served),
    );
    const issuers = this.#ruled.join(served, [...listed, ...configured], files.rules.listed);
    if (before?.issuers === issuers && before.ignored === ignored) return before;
    return Object.freeze({ version: (before?.version ?? 0) + 1, issuers, ignored });
  }

  /** Puts the new snapshot in the place of the old one, whole. */
  #change(snapshot: Snapshot): void {
    if (snapshot === this.current()) return;
    this.#usableIssuers = countUsable(snapshot);
    this.#lookUp = createLookup(snapshot.issuers, this.#suffixOptional);
    this.#snapshot.change(snapshot);
  }
}

/** The configured files by absolute path; a name that cannot stand in `iss` is told and left out. */
function selectConfigured({ extraFiles, report }: KeyStoreOptions): string[] {
  return [...new Set(extraFiles.map((file) => resolve(file)))].filter((file) => {
    const isLegal = isIssuerName(basename(file));
    if (!isLegal)
      report(`warning: ${JSON.stringify(file)} is not used: its name cannot be an issuer name; rename it`);
    return isLegal;
  });
}

/** Whether both states serve the very same files, whole or on their way, and list the same names. */
function isSameState(before: KeyFilesState, now: KeyFilesState): boolean {
  return (
    areSame(before.files.keys.listed, now.files.keys.listed) &&
    areSame(before.files.keys.byPath, now.files.keys.byPath) &&
    areSame(before.files.rules.listed, now.files.rules.listed) &&
    before.ignored === now.ignored
  );
}

function areSame(before: Entries, now: Entries): boolean {
  if (before.size !== now.size) return false;
  for (const [name, entry] of now) if (!countsSame(before.get(name), entry)) return false;
  return true;
}

type Entries = ReadonlyMap<string, Entry<object>>;

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
