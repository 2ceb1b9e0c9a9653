// The revocations in force in this process: from the file that is followed to what is asked on each request. What was read once
// counts until it ends, whatever becomes of the file.

import { basename, dirname } from 'node:path';
import { Failure } from '../failure.ts';
import type { Entry } from '../files/entry.ts';
import { codeOf } from '../files/errno.ts';
import { DirectoryFollower } from '../files/follower.ts';
import { GrowingFile } from '../files/growing.ts';
import type { FileKind, Kinds } from '../files/kind.ts';
import type { FilesState } from '../files/table.ts';
import { ABSENT } from '../files/trace.ts';
import { FollowedState } from '../followed.ts';
import { type Revocation, readEntry } from './entry.ts';
import { RevocationReport } from './report.ts';
import { type Revocations, RevokedTokens } from './revoked.ts';

export interface RevocationOptions {
  /** `guard.revocations.file`; undefined where there is none. */
  readonly file: string | undefined;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
  /** Of a store before this one: what it knows goes on counting. */
  readonly known?: Iterable<Revocation> | undefined;
}

export interface RevocationStore extends Revocations {
  readonly file: string | undefined;
  /** Those in force. */
  count(): number;
  /** All that is known, as far as it decides anything. */
  list(): Iterable<Revocation>;
  /** Calls back with what has come, when it counts already, until the function it returns is called. */
  follow(listener: (added: readonly Revocation[]) => void): () => void;
  /** Ends following the file; what is known goes on counting. */
  close(): void;
}

/** Some 400,000 revocations. */
export const MAX_FILE_BYTES = 64 * 2 ** 20;
/** A file that could not be read is tried again, beside each of its changes. */
const RETRY_MS = 500;

/** @throws Failure `revocations_unreadable` where there is such a file that cannot be read: a guard that forgets must not start */
export async function openRevocations(options: RevocationOptions): Promise<RevocationStore> {
  const revoked = new RevokedTokens();
  for (const revocation of options.known ?? []) revoked.add(revocation, options.now() / 1000);
  const { file, now } = options;
  if (file !== undefined) return FollowedRevocations.open({ ...options, file }, revoked);
  return {
    file,
    judge: (...of) => revoked.judge(...of),
    find: (...of) => revoked.find(...of),
    count: () => revoked.count(now() / 1000),
    list: () => revoked.list(),
    follow: () => () => undefined,
    close: () => undefined,
  };
}

type FollowedFile = RevocationOptions & { readonly file: string };

interface RevocationKinds extends Kinds {
  readonly revocations: FileKind<object>;
}

type State = FilesState<RevocationKinds>;

class FollowedRevocations implements RevocationStore {
  readonly file: string;
  readonly #now: () => number;
  readonly #revoked: RevokedTokens;
  readonly #report: RevocationReport;
  readonly #lines = new GrowingFile();
  readonly #added = new FollowedState<readonly Revocation[]>([]);
  readonly #files: DirectoryFollower<RevocationKinds>;
  #looking: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  /** A file was there: from then on its absence is worth a line. */
  #wasThere = false;
  #lastRest = '';
  #isClosed = false;

  static async open(options: FollowedFile, revoked: RevokedTokens): Promise<RevocationStore> {
    const { file } = options;
    const revocations: FileKind<object> = {
      noun: 'revocations file',
      maxBytes: MAX_FILE_BYTES,
      isNamed: (name) => name === basename(file),
      isUnread: true,
      parse: () => ({ usable: true }),
    };
    const directory = dirname(file);
    const called = 'directory of the revocations file';
    const files = await DirectoryFollower.open({ directory, called, kinds: { revocations } });
    const store = new FollowedRevocations(options, revoked, files);
    const trouble = await store.#look(files.current());
    if (trouble === undefined) return store.#begin();
    store.close();
    const what = `guard.revocations.file: ${JSON.stringify(file)} ${trouble}`;
    throw new Failure('revocations_unreadable', `${what}: a guard without it would let in what is revoked.`);
  }

  private constructor(
    { file, now, report }: FollowedFile,
    revoked: RevokedTokens,
    files: DirectoryFollower<RevocationKinds>,
  ) {
    this.file = file;
    this.#now = now;
    this.#revoked = revoked;
    this.#report = new RevocationReport(file, report);
    this.#files = files;
  }

  judge(...of: Parameters<Revocations['judge']>): ReturnType<Revocations['judge']> {
    return this.#revoked.judge(...of);
  }

  find(...of: Parameters<Revocations['find']>): ReturnType<Revocations['find']> {
    return this.#revoked.find(...of);
  }

  count(): number {
    return this.#revoked.count(this.#now() / 1000);
  }

  list(): Iterable<Revocation> {
    return this.#revoked.list();
  }

  follow(listener: (added: readonly Revocation[]) => void): () => void {
    return this.#added.follow(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#files.close();
  }

  #begin(): this {
    this.#files.follow(() => this.#lookSoon());
    // What has come between the first look and this.
    this.#lookSoon();
    return this;
  }

  /** One look at a time: each goes on where the one before has ended. */
  #lookSoon(): void {
    this.#looking = this.#looking.then(() => this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    if (this.#isClosed) return;
    const added: Revocation[] = [];
    const trouble = await this.#look(this.#files.current(), added);
    this.#report.tellTrouble(trouble);
    clearTimeout(this.#retry);
    if (trouble !== undefined && !this.#isClosed)
      this.#retry = setTimeout(() => this.#lookSoon(), RETRY_MS).unref();
    if (added.length > 0) this.#added.change(added);
  }

  /**
   * Gives what is wrong with the file; finishes a sentence that begins with its name.
   * @param added takes what was not known
   */
  async #look(state: State, added?: Revocation[]): Promise<string | undefined> {
    const found = findFile(state, basename(this.file));
    if (found === 'held') return undefined;
    if (found === 'absent') return this.#wasThere ? 'is gone' : undefined;
    if ('flaw' in found) return found.flaw;
    this.#wasThere = true;
    try {
      await this.#lines.read(found.path, (line, number) => this.#take(line, number, added));
      this.#takeRest(this.#lines.rest, added);
    } catch (error) {
      return `cannot be read (${codeOf(error)})`;
    } finally {
      this.#report.endLook();
    }
    return undefined;
  }

  #take(line: string, place: number | 'the end', added: Revocation[] | undefined): void {
    const entry = readEntry(line);
    if ('flaw' in entry) this.#report.tellFlaw(line, place, entry.flaw);
    else if (this.#revoked.add(entry, this.#now() / 1000)) added?.push(entry);
  }

  /** A last line without an end counts where it is whole. One that is being written is not torn yet. */
  #takeRest(rest: string, added: Revocation[] | undefined): void {
    const isAtRest = added === undefined || rest === this.#lastRest;
    this.#lastRest = rest;
    if (rest !== '' && (isAtRest || !('flaw' in readEntry(rest)))) this.#take(rest, 'the end', added);
  }
}

type Found = { readonly path: string } | { readonly flaw: string } | 'absent' | 'held';

/** `held`: it has just gone, and may be on its way back. */
function findFile({ lost, files }: State, name: string): Found {
  if (lost !== undefined) return { flaw: `lies in a directory that cannot be listed (${lost})` };
  const entry: Entry<object> | undefined = files.revocations.listed.get(name);
  if (entry === undefined) return 'absent';
  const { trace, served } = entry;
  if (trace === ABSENT) return served.usable ? 'held' : 'absent';
  if (trace.isLink) return { flaw: 'is a symbolic link: name the file itself' };
  if (typeof trace.target === 'string') return { path: trace.target };
  return { flaw: `cannot be used (${trace.target.reason.replace(/\.$/, '')})` };
}
