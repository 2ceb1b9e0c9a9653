// Follows a directory, and single files elsewhere: a watch for speed, a poll for certainty, one scan for all kinds of
// files. What they mean is told by the kinds; who hears of it is none of its business.

import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Followed, FollowedState } from '../followed.ts';
import { listDirectory, traceDirectory } from './directory.ts';
import { SETTLE_MS } from './entry.ts';
import type { Kinds } from './kind.ts';
import { listByPath, Places } from './places.ts';
import { type PassResult, Schedule } from './schedule.ts';
import { workInSlices } from './slices.ts';
import { type FilePlace, type FilesState, FileTable } from './table.ts';
import { DirectoryWatch } from './watch.ts';

export interface FollowOptions<K extends Kinds> {
  readonly directory: string;
  /** What people call the directory: `keys directory`. */
  readonly called: string;
  /** Every name of the directory is of the first kind that takes it, or of none. */
  readonly kinds: K;
  /** Further files of each kind by path, wherever they lie and through any link. */
  readonly byPath?: { readonly [N in keyof K]?: readonly string[] };
}

/** Several hints of one change become one look: a file is mostly written in more than one step. */
const TOLD_MS = 20;
const DEBOUNCE_MS = 50;
/** A name added in the same tick of the kernel's clock as the listing leaves no trace in the directory's times. */
const DIRECTORY_SETTLE_MS = 100;
const CHECK_INTERVAL_MS = 250;
const SETTLE_ROUNDS = 3;
const MIN_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 10_000;
/** Rest per work. With the listing and the garbage it leaves, an idle follower stays below 5 % of a core at any size. */
const IDLE_FACTOR = 30;

export class DirectoryFollower<K extends Kinds> implements Followed<FilesState<K>> {
  readonly #options: FollowOptions<K>;
  readonly #table: FileTable<K>;
  readonly #byPath: readonly FilePlace[];
  readonly #state: FollowedState<FilesState<K>>;
  readonly #watch: DirectoryWatch;
  /** Names that the kernel has told of and nobody has looked at since. */
  readonly #told = new Set<string>();
  readonly #looks = new Schedule(() => this.#lookSoon());
  readonly #checks = new Schedule(() => this.#check());
  readonly #scans = new Schedule(() => this.#scan());
  #places: Places | undefined;
  #fingerprint = '';
  /** Everything has been looked at once. */
  #isOpen = false;
  #isClosed = false;

  /** Looks at everything once, and follows it. A directory that is not there is a state like any other. */
  static async open<K extends Kinds>(options: FollowOptions<K>): Promise<DirectoryFollower<K>> {
    const follower = new DirectoryFollower(options);
    await follower.#scans.run();
    follower.#isOpen = true;
    await follower.#awaitSettled();
    follower.#checks.request(CHECK_INTERVAL_MS);
    return follower;
  }

  private constructor(options: FollowOptions<K>) {
    this.#options = options;
    this.#table = new FileTable(options.kinds);
    this.#byPath = Object.entries(options.kinds).flatMap(([name, kind]) =>
      listByPath(kind, options.byPath?.[name]),
    );
    this.#state = new FollowedState(this.#table.state());
    this.#watch = new DirectoryWatch(options.directory, (name, isContent) => {
      if (name === undefined || !isContent || this.#isOfInterest(name)) this.#hear(name);
    });
  }

  current(): FilesState<K> {
    return this.#state.current();
  }

  follow(listener: (state: FilesState<K>) => void): () => void {
    return this.#state.follow(listener);
  }

  /** Ends watching and polling; the last state stays. */
  close(): void {
    this.#isClosed = true;
    for (const schedule of [this.#looks, this.#checks, this.#scans]) schedule.close();
    this.#watch.close();
  }

  /** What was written a moment ago counts from the start all the same; what is still being written need not. */
  async #awaitSettled(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS && this.#table.hasUnsettled(); round++) {
      await delay(SETTLE_MS + 1);
      await this.#lookSoon();
    }
  }

  /** Logs lie beside what is followed, and grow all the time. */
  #isOfInterest(name: string): boolean {
    const { kinds } = this.#options;
    return (
      Object.values(kinds).some((kind) => kind.isNamed(name)) ||
      this.#byPath.some(({ path }) => basename(path) === name)
    );
  }

  #hear(name: string | undefined): void {
    if (name !== undefined && !this.#told.has(name)) {
      this.#told.add(name);
      // The time that what is gone still counts begins now, however long the event loop is busy before the next look.
      if (this.#places?.areValid() && !this.#places.isThere(name))
        this.#table.markAbsent(name, performance.now());
    }
    this.#looks.request(TOLD_MS);
    this.#scans.request(DEBOUNCE_MS);
  }

  /** What the kernel has told of and what wants another look, without waiting for a scan to come through all files. */
  async #lookSoon(): Promise<PassResult> {
    const nowMs = performance.now();
    this.#table.forgetGone(nowMs);
    const workMs = await this.#lookAt(this.#places?.areValid() ? this.#table.due(nowMs) : []);
    return { workMs, againInMs: this.#untilNextLookMs() };
  }

  /** Sees within a moment what the watch may miss, at the price of a few stats. */
  async #check(): Promise<PassResult> {
    const isSame = traceDirectory(this.#options.directory).fingerprint === this.#fingerprint;
    if (!isSame) this.#scans.request(0);
    const workMs = isSame ? await this.#lookAt(this.#table.elsewhere()) : 0;
    return { workMs, againInMs: Math.max(CHECK_INTERVAL_MS, IDLE_FACTOR * workMs) };
  }

  async #scan(): Promise<PassResult> {
    const { directory, called, kinds } = this.#options;
    const { identity, fingerprint, isOpenToOthers } = traceDirectory(directory);
    this.#watch.follow(identity);
    const listedMs = performance.now();
    const listing = await listDirectory(directory, this.#places && (() => this.#table.names()));
    if (this.#isClosed) return { workMs: 0, againInMs: 0 };
    const isSettled = fingerprint === this.#fingerprint;
    this.#fingerprint = fingerprint;
    this.#places = new Places(directory, called, kinds, listing);
    const { followed, ignored } = this.#places.sort(listing.names);
    this.#table.view = { lost: listing.lost, isOpenToOthers, ignored };
    const workMs = await this.#lookAtAll(followed, listedMs);
    const restMs = Math.min(Math.max(IDLE_FACTOR * workMs, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    return { workMs, againInMs: isSettled ? restMs : DIRECTORY_SETTLE_MS };
  }

  #lookAtAll(listed: readonly FilePlace[], listedMs: number): Promise<number> {
    // What is gone comes first, as in `#hear`: the others may take a while.
    this.#table.markMissing(new Set(listed.map(({ key }) => key)), listedMs, performance.now());
    this.#looks.request(this.#untilNextLookMs());
    return this.#lookAt([...listed, ...this.#byPath]);
  }

  /** Looks at files, a slice a turn, and tells what has come of it. Gives the time worked, in milliseconds. */
  async #lookAt(places: readonly FilePlace[]): Promise<number> {
    const look = (place: FilePlace) => {
      if (this.#isClosed || !this.#table.look(place, performance.now())) return;
      // In the same turn: no state has a change without what came with it.
      for (const companion of this.#isOpen ? this.#companionsOf(place) : [])
        this.#table.look(companion, performance.now());
    };
    const workMs = await workInSlices(this.#withTold(places), look);
    const startMs = performance.now();
    this.#publish();
    this.#looks.request(this.#untilNextLookMs());
    return workMs + performance.now() - startMs;
  }

  #companionsOf({ kind, path }: FilePlace): readonly FilePlace[] {
    const names = kind.companionsOf?.(basename(path)) ?? [];
    if (names.length === 0 || !this.#places?.areValid()) return [];
    return [...this.#places.sort(names).followed, ...this.#byPath];
  }

  /**
   * What the kernel has told of comes first; what it tells meanwhile comes last, so that no state has a file without
   * the one that was written before it.
   */
  *#withTold(places: readonly FilePlace[]): Iterable<FilePlace> {
    yield* this.#takeTold();
    yield* places;
    yield* this.#takeTold();
  }

  #takeTold(): readonly FilePlace[] {
    const names = [...this.#told];
    const places = this.#places;
    this.#told.clear();
    // A directory that has taken the place is seen by a scan, which has been asked for.
    if (names.length === 0 || !places?.areValid()) return [];
    const { followed, ignored } = places.sort(names);
    this.#table.updateIgnored(ignored, (name) => places.isThere(name));
    return followed;
  }

  #publish(): void {
    const state = this.#table.state();
    if (!this.#isClosed && state !== this.#state.current()) this.#state.change(state);
  }

  #untilNextLookMs(): number {
    return this.#table.earliestLookMs() - performance.now();
  }
}
