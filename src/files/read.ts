// Reads one file whole: bounded, however large or endless it is, and never waiting for the writer of a FIFO unless
// asked to. Knows nothing of what stands in it.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf } from './errno.ts';

export interface ReadOptions {
  /** Above this it is refused. */
  readonly maxBytes?: number;
  /** A symbolic link in the place of the file is refused: the path was real a moment ago. */
  readonly isRealPath?: boolean;
  /** Pipes and devices are read too, and waited for: `<(command)` of a shell is one. */
  readonly mayWait?: boolean;
}

/** The message goes between brackets: `cannot be read (EACCES)`, `cannot be read (larger than 1 MiB)`. */
export class UnreadableFile extends Error {
  /** What the system says, or what the file is instead. */
  readonly code: string;

  constructor(code: string, message = code) {
    super(message);
    this.name = 'UnreadableFile';
    this.code = code;
  }
}

const MAX_BYTES = 2 ** 20;
/** Where the size is not known before. */
const FIRST_BYTES = 4096;

/** @throws UnreadableFile, with the errno name or `not_regular` or `too_large` */
export function readWhole(path: string, options: ReadOptions = {}): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, selectFlags(options));
    return readOpen(descriptor, options);
  } catch (error) {
    throw error instanceof UnreadableFile ? error : new UnreadableFile(codeOf(error));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** `64 KiB`, `1 MiB`. */
export const formatSize = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;

function selectFlags({ isRealPath, mayWait }: ReadOptions): number {
  const { O_RDONLY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = constants;
  return O_RDONLY | O_NOCTTY | (isRealPath ? O_NOFOLLOW : 0) | (mayWait ? 0 : O_NONBLOCK);
}

function readOpen(descriptor: number, { maxBytes = MAX_BYTES, mayWait = false }: ReadOptions): Buffer {
  const stats = fstatSync(descriptor);
  if (!stats.isFile() && !mayWait) throw new UnreadableFile('not_regular', 'not a regular file');
  if (stats.size > maxBytes) throw tooLarge(maxBytes);
  // One byte more than it says, so that a file that grows under our hands is noticed.
  let buffer = Buffer.allocUnsafe((stats.size || FIRST_BYTES) + 1);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(maxBytes);
    if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
  }
}

const tooLarge = (maxBytes: number): UnreadableFile =>
  new UnreadableFile('too_large', `larger than ${formatSize(maxBytes)}`);
