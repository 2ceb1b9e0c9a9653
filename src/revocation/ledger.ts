// The revocations file as whoever revokes has it: one more line at its end, which is on the disk before anything is said, and now
// and then a new file without what has ended. Lines that nobody can read stay in it.

import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { GrowingFile } from '../files/growing.ts';
import { appendLine, rewriteLines } from '../files/journal.ts';
import { UnreadableFile } from '../files/read.ts';
import { type Revocation, readEntry, writeEntry } from './entry.ts';
import { MAX_FILE_BYTES } from './store.ts';

export interface Ledger {
  /** In force, in the order of the file. */
  readonly revocations: readonly Revocation[];
  readonly ended: number;
  /** Lines that cannot be read; each finishes the sentence "the line ...". */
  readonly flaws: readonly { readonly line: number | 'last'; readonly flaw: string }[];
}

/** A file of fewer lines is left as it is. */
const FEW_LINES = 1000;

/** @throws Failure `revocations_unwritable` */
export async function appendRevocation(file: string, revocation: Revocation): Promise<void> {
  try {
    await appendLine(file, writeEntry(revocation), MAX_FILE_BYTES);
  } catch (error) {
    const why = ADVICE.get(codeOf(error)) ?? describeError(error);
    throw new Failure('revocations_unwritable', `nothing is revoked: ${file} cannot be written (${why})`);
  }
}

const describeError = (error: unknown): string =>
  error instanceof UnreadableFile ? error.message : codeOf(error);

const ADVICE = new Map([
  ['ENOENT', 'its directory does not exist'],
  ['EACCES', 'this user may not'],
  ['ELOOP', 'it is a symbolic link: name the file itself'],
  ['EISDIR', 'it is a directory'],
]);

/**
 * Writes the file anew once half of it has ended. What keeps that from being done is no reason to complain: the next one
 * tries again.
 */
export async function compactLedger(
  file: string,
  { revocations, ended }: Ledger,
  nowSeconds: number,
): Promise<void> {
  if (ended < revocations.length || ended + revocations.length < FEW_LINES) return;
  await rewriteLines(file, (line) => !hasEnded(line, nowSeconds), MAX_FILE_BYTES).catch(() => undefined);
}

/** @throws Failure `revocations_unreadable`; a file that is not there holds nothing */
export async function readLedger(file: string, nowSeconds: number): Promise<Ledger> {
  const revocations: Revocation[] = [];
  const flaws: { line: number | 'last'; flaw: string }[] = [];
  let ended = 0;
  const take = (text: string, line: number | 'last'): void => {
    const entry = readEntry(text);
    if ('flaw' in entry) flaws.push({ line, flaw: entry.flaw });
    else if (entry.until > nowSeconds) revocations.push(entry);
    else ended++;
  };
  const lines = new GrowingFile();
  try {
    await lines.read(file, take);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new Failure('revocations_unreadable', `${file} cannot be read (${describeError(error)})`);
  }
  if (lines.rest !== '') take(lines.rest, 'last');
  return { revocations, ended, flaws };
}

function hasEnded(line: string, nowSeconds: number): boolean {
  const entry = readEntry(line);
  return !('flaw' in entry) && entry.until <= nowSeconds;
}
