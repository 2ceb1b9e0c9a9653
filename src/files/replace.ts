// Puts new content in the place of a file in one step: whoever reads it sees the old file or the new one, whole. Knows
// no format.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';

export interface Replacement {
  /** Beside the file. Where something has this name already nothing is done: a fixed name lets one change in at a time. */
  readonly draft: string;
  /** The mode of a file that was not there. */
  readonly mode: number;
  /** Whether a file that was there keeps its mode; its owner it keeps in any case. */
  readonly keepsMode?: boolean;
}

/**
 * @param makeContent is called when the draft is there, so that it may read the file; undefined removes the file
 * @throws what `makeContent` throws, and what the system says; `EEXIST` where the draft is there. Nothing half done stays.
 */
export async function replaceFile(
  path: string,
  makeContent: () => string | Buffer | undefined,
  { draft, mode, keepsMode = false }: Replacement,
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const handle = await open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    const content = makeContent();
    if (content === undefined) {
      await unlink(path);
      await unlink(draft);
      return;
    }
    await handle.writeFile(content);
    await dress(handle, path, mode, keepsMode);
    await handle.sync();
    await rename(draft, path);
  } catch (error) {
    await unlink(draft);
    throw error;
  } finally {
    await handle.close();
  }
}

/** What root writes for another user has to stay that user's. */
async function dress(handle: FileHandle, path: string, mode: number, keepsMode: boolean): Promise<void> {
  const before = await lstat(path).catch(() => undefined);
  const own = await handle.stat();
  if (before !== undefined && (before.uid !== own.uid || before.gid !== own.gid))
    await handle.chown(before.uid, before.gid);
  await handle.chmod(before !== undefined && keepsMode ? before.mode & 0o777 : mode);
}
