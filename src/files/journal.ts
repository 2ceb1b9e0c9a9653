// A file of lines to which several processes append at once, and which any of them may write anew without the lines that
// are over. There is no lock that a killed process could leave behind: a new file is a draft beside the old one until it is
// renamed, and a line counts once the drafts that were there when it was written are gone and the file is still the same.
// A later draft was begun, and the old file read for it, when the line was there. Knows not what a line means.

import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './errno.ts';
import { formatSize, readWhole, UnreadableFile } from './read.ts';

const MODE = 0o600;
/** A draft that is there for longer belongs to a process that has died, or that may no longer rename it. */
const DRAFT_MS = 5000;
const POLL_MS = 10;

/**
 * Makes the file where there is none. When it resolves, the line is on the disk and stays in the file.
 * @throws what the system says; UnreadableFile where it is no file, or would grow beyond `maxBytes`
 */
export async function appendLine(path: string, line: string, maxBytes: number): Promise<void> {
  for (let isKept = false; !isKept; ) {
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) throw new UnreadableFile('not_regular', 'not a regular file');
      await writeLine(file, line, Number(stats.size), maxBytes);
      await file.sync();
      await awaitDrafts(path);
      isKept = await isStillThere(path, stats);
      await syncDirectory(path);
    } finally {
      await file.close();
    }
  }
}

/**
 * Puts a new file in the place of the old one, in one step, with the lines that are kept.
 * @throws what the system says
 */
export async function rewriteLines(
  path: string,
  isKept: (line: string) => boolean,
  maxBytes: number,
): Promise<void> {
  const draft = `${path}${DRAFT}${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', MODE);
  try {
    // One byte a character: what is no UTF-8 stays as it is.
    const lines = readWhole(path, { maxBytes, isRealPath: true }).toString('latin1').split('\n');
    const kept = lines.filter((line) => line !== '' && isKept(Buffer.from(line, 'latin1').toString()));
    await keepOwner(file, path);
    await file.writeFile(kept.map((line) => `${line}\n`).join(''), 'latin1');
    await file.sync();
    await rename(draft, path);
    await syncDirectory(path);
  } catch (error) {
    await removeDraft(draft);
    throw error;
  } finally {
    await file.close();
  }
}

const DRAFT = '.draft-';

/** A line whose writer was killed has no end: the next one begins on its own. */
async function writeLine(file: FileHandle, line: string, size: number, maxBytes: number): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  const isTorn = bytesRead === 1 && buffer[0] !== 0x0a;
  const bytes = Buffer.from(`${isTorn ? '\n' : ''}${line}\n`);
  if (size + bytes.length > maxBytes)
    throw new UnreadableFile('too_large', `it would be larger than ${formatSize(maxBytes)}`);
  // One call: lines that several processes append at once stay whole.
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) throw new UnreadableFile('ENOSPC');
}

/** Those that are there now. Whoever is late with its draft finds it gone, and its rename fails. */
async function awaitDrafts(path: string): Promise<void> {
  const endMs = performance.now() + DRAFT_MS;
  let drafts = await listDrafts(path);
  while (drafts.length > 0 && performance.now() < endMs) {
    await delay(POLL_MS);
    const present = await listDrafts(path);
    drafts = drafts.filter((draft) => present.includes(draft));
  }
  await Promise.all(drafts.map(removeDraft));
}

async function listDrafts(path: string): Promise<string[]> {
  const beginning = basename(path) + DRAFT;
  const names = await readdir(dirname(path));
  return names.filter((name) => name.startsWith(beginning)).map((name) => join(dirname(path), name));
}

async function removeDraft(draft: string): Promise<void> {
  await unlink(draft).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

async function isStillThere(path: string, { dev, ino }: BigIntStats): Promise<boolean> {
  try {
    const now = await stat(path, { bigint: true });
    return now.dev === dev && now.ino === ino;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Whoever writes it anew, the guard's own user must still be able to read it. */
async function keepOwner(file: FileHandle, path: string): Promise<void> {
  const { uid, gid, mode } = await stat(path);
  const made = await file.stat();
  if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode & 0o777);
}

/** A name is on the disk once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
