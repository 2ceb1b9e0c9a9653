// What is known of every file that is followed: brought up to date look by look, in whatever order looks come, and
// given out as immutable states. Knows when a file wants to be seen again, but no timer.

import { countsSame, type Entry, lookAt, markAbsent, nextLookMs, type Source } from './entry.ts';
import type { FileKind, Kinds, MeaningOf } from './kind.ts';
import { ABSENT } from './trace.ts';

/** One state of a directory and of the files named by path. */
export interface FilesState<K extends Kinds> extends DirectoryView {
  readonly files: { readonly [N in keyof K]: FilesOf<MeaningOf<K[N]>> };
}

export interface DirectoryView {
  /** The errno name when there is no directory to list; nothing in it counts then. */
  readonly lost: string | undefined;
  /** The directory's group or everyone can add files. */
  readonly isOpenToOthers: boolean;
  /** Names in the directory that are of no kind, or of an ignored one, in order, without dotfiles; the same array while they are the same. */
  readonly ignored: readonly string[];
}

/** The files of one kind. */
export interface FilesOf<T> {
  /** Those of the directory, by name. */
  readonly listed: ReadonlyMap<string, Entry<T>>;
  /** Those that were named by path, by path. */
  readonly byPath: ReadonlyMap<string, Entry<T>>;
}

/** A file to look at. */
export interface FilePlace extends Source<object> {
  /** Its name in the directory, or its path: a name holds no slash, so the two never meet. */
  readonly key: string;
}

interface Row {
  readonly place: FilePlace;
  readonly entry: Entry<object>;
  /** When it was last looked at. */
  lookedMs: number;
}

export class FileTable<K extends Kinds> {
  readonly #kinds: K;
  readonly #rows = new Map<string, Row>();
  /** Those that want another look, whatever the poll does. */
  readonly #restless = new Set<string>();
  /** Those behind links, and those named by path. */
  readonly #elsewhere = new Set<string>();
  #view: DirectoryView = { lost: undefined, isOpenToOthers: false, ignored: [] };
  #state: FilesState<K> | undefined;

  constructor(kinds: K) {
    this.#kinds = kinds;
  }

  /** The state by the looks until now: the same object where they brought nothing new. */
  state(): FilesState<K> {
    this.#state ??= Object.freeze({ ...this.#view, files: this.#sortByKind() });
    return this.#state;
  }

  get view(): DirectoryView {
    return this.#view;
  }

  set view(view: DirectoryView) {
    const ignored = keepSame(view.ignored, this.#view.ignored);
    const isSame = ignored === this.#view.ignored && view.lost === this.#view.lost;
    if (isSame && view.isOpenToOthers === this.#view.isOpenToOthers) return;
    this.#view = { ...view, ignored: Object.freeze(ignored) };
    this.#state = undefined;
  }

  /** Some names of no kind have come or gone. */
  updateIgnored(names: readonly string[], isThere: (name: string) => boolean): void {
    if (names.length === 0) return;
    const asked = new Set(names);
    const others = this.#view.ignored.filter((name) => !asked.has(name));
    this.view = { ...this.#view, ignored: [...others, ...names.filter(isThere)].sort() };
  }

  /** Whether the look has brought anything that somebody would act on. */
  look(place: FilePlace, nowMs: number): boolean {
    const row = this.#rows.get(place.key);
    if (row) row.lookedMs = nowMs;
    const entry = lookAt(place, row?.entry, nowMs);
    this.#put(place, entry, nowMs);
    return !countsSame(row?.entry, entry);
  }

  /** A file that is not there any more, where it is known of at all. */
  markAbsent(key: string, nowMs: number): void {
    const row = this.#rows.get(key);
    if (row) this.#put(row.place, markAbsent(row.place, row.entry, nowMs), row.lookedMs);
  }

  /**
   * Files of the directory that a listing no longer has are gone, whatever a look at them would find; but not those
   * that were looked at after the listing: one that has come since must not go again.
   */
  markMissing(names: ReadonlySet<string>, listedMs: number, nowMs: number): void {
    for (const { place, lookedMs } of this.#rows.values())
      if (isListed(place) && !names.has(place.key) && lookedMs < listedMs) this.markAbsent(place.key, nowMs);
  }

  /** Lets time pass for files that are gone: what was in them counts for a moment more. */
  forgetGone(nowMs: number): void {
    for (const key of this.#restless) if (this.#isGone(key)) this.markAbsent(key, nowMs);
  }

  /** Every name that is known of, of whichever kind or of none. */
  names(): string[] {
    const places = [...this.#rows.values()].map(({ place }) => place);
    const listed = places.filter(isListed).map(({ key }) => key);
    return [...new Set([...listed, ...this.#view.ignored])];
  }

  /** Files whose change the directory's own state does not show. */
  elsewhere(): FilePlace[] {
    return this.#placesOf(this.#elsewhere);
  }

  /** Files that are there and want a look by now, whatever the poll does. */
  due(nowMs: number): FilePlace[] {
    return this.#placesOf(this.#restless).filter(
      ({ key }) => !this.#isGone(key) && this.#nextLookMs(key) <= nowMs,
    );
  }

  /** Whether a file may still be written, whose new content does not count yet. */
  hasUnsettled(): boolean {
    return [...this.#restless].some((key) => {
      const row = this.#rows.get(key);
      return row?.entry.isFresh === true && row.place.kind.settles === true;
    });
  }

  /** When the first file wants its next look; infinite when all can wait for the poll. */
  earliestLookMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const key of this.#restless) earliest = Math.min(earliest, this.#nextLookMs(key));
    return earliest;
  }

  #isGone(key: string): boolean {
    return this.#rows.get(key)?.entry.trace === ABSENT;
  }

  #put(place: FilePlace, entry: Entry<object>, lookedMs: number): void {
    const { key } = place;
    const before = this.#rows.get(key)?.entry;
    if (before === entry && place.path === this.#rows.get(key)?.place.path) return;
    // A file of the directory is forgotten when nothing of it counts any more; one named by path is missed.
    const isOver = isListed(place) && entry.trace === ABSENT && !entry.served.usable;
    if (isOver) this.#rows.delete(key);
    else this.#rows.set(key, { place, entry, lookedMs });
    if (isOver ? before !== undefined : before !== entry) this.#state = undefined;
    setMember(this.#restless, key, !isOver && nextLookMs(entry) !== undefined);
    setMember(this.#elsewhere, key, !isOver && (entry.trace.isLink || !isListed(place)));
  }

  #nextLookMs(key: string): number {
    const row = this.#rows.get(key);
    return (row && nextLookMs(row.entry)) ?? Number.POSITIVE_INFINITY;
  }

  #placesOf(keys: ReadonlySet<string>): FilePlace[] {
    return [...keys].flatMap((key) => this.#rows.get(key)?.place ?? []);
  }

  #sortByKind(): FilesState<K>['files'] {
    const sorted = Object.entries(this.#kinds).map(([name, kind]) => [name, kind, makeFilesOf()] as const);
    const byKind = new Map<FileKind<object>, ReturnType<typeof makeFilesOf>>(
      sorted.map(([, kind, files]) => [kind, files]),
    );
    for (const { place, entry } of this.#rows.values()) {
      const files = byKind.get(place.kind);
      (isListed(place) ? files?.listed : files?.byPath)?.set(place.key, entry);
    }
    // The files of a kind hold what that kind has parsed: no type can follow that through one table for all.
    return Object.fromEntries(
      sorted.map(([name, , files]) => [name, files]),
    ) as unknown as FilesState<K>['files'];
  }
}

const makeFilesOf = () => ({
  listed: new Map<string, Entry<object>>(),
  byPath: new Map<string, Entry<object>>(),
});

/** Whether it was found in the directory, not named by path. */
const isListed = ({ bounds }: FilePlace): boolean => bounds !== undefined;

function setMember(set: Set<string>, key: string, isMember: boolean): void {
  if (isMember) set.add(key);
  else set.delete(key);
}

const keepSame = (names: readonly string[], before: readonly string[]): readonly string[] =>
  names.length === before.length && names.every((name, at) => name === before[at]) ? before : names;
