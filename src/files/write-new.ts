// Writes a file that was not there before: the home of every secret that is written.

import { open, unlink } from 'node:fs/promises';

/**
 * The mode is set at creation: no moment exists in which others can open the file. Nothing half done stays behind.
 * @throws what the system says; `EEXIST` where anything has the name, even a link that leads nowhere
 */
export async function writeNewFile(path: string, content: string | Buffer, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
}
