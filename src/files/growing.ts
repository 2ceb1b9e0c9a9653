// A file of lines that grows at its end alone: each look reads what has come since the one before. Where it was written
// anew, or over in place, all of it is read again. Knows not what a line means.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UnreadableFile } from './read.ts';
import { fingerprintOf } from './trace.ts';

/** @param number counts from 1; a line beyond the bound is cut */
export type TakeLine = (line: string, number: number) => void;

/** Between two pieces the event loop is free: the lines of one take some milliseconds. */
const PIECE_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 64 * 1024;
/** So much of what was read last is compared: whoever writes over a file in place moves it. */
const MARK_BYTES = 256;
const LINE_END = 0x0a;
const NOTHING = Buffer.alloc(0);

export class GrowingFile {
  #identity = '';
  #fingerprint = '';
  /** Everything before has been taken. */
  #offset = 0;
  #mark: Buffer = NOTHING;
  #lines = 0;
  #rest: Buffer = NOTHING;

  /** What stands behind the last line end: a line that is being written, or a torn one. */
  get rest(): string {
    return this.#rest.toString();
  }

  /**
   * Takes the lines that were not there at the last look.
   * @throws what the system says; UnreadableFile where it is no file
   */
  async read(path: string, take: TakeLine): Promise<void> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) throw new UnreadableFile('not_regular', 'not a regular file');
      const fingerprint = fingerprintOf(stats);
      if (fingerprint === this.#fingerprint) return;
      const identity = `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
      const hasGrown = identity === this.#identity && stats.size > this.#offset;
      if (!(hasGrown && (await this.#isAsLeft(file)))) this.#begin(identity);
      await this.#readOn(file, take);
      this.#fingerprint = fingerprint;
    } finally {
      await file.close();
    }
  }

  #begin(identity: string): void {
    this.#identity = identity;
    this.#offset = 0;
    this.#mark = NOTHING;
    this.#lines = 0;
  }

  async #isAsLeft(file: FileHandle): Promise<boolean> {
    const { length } = this.#mark;
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, this.#offset - length);
    return buffer.equals(this.#mark);
  }

  async #readOn(file: FileHandle, take: TakeLine): Promise<void> {
    let begun: Buffer = NOTHING;
    for (let position = this.#offset; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const piece = buffer.subarray(0, bytesRead);
      const end = piece.lastIndexOf(LINE_END) + 1;
      if (end > 0) {
        this.#takeLines(Buffer.concat([begun, piece.subarray(0, end)]), take);
        this.#offset = position - bytesRead + end;
        this.#mark = Buffer.from(piece.subarray(Math.max(0, end - MARK_BYTES), end));
        begun = NOTHING;
      }
      if (begun.length < MAX_LINE_BYTES) begun = Buffer.concat([begun, piece.subarray(end)]);
    }
    this.#rest = begun;
  }

  #takeLines(bytes: Buffer, take: TakeLine): void {
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(LINE_END, at);
      this.#lines++;
      if (end > at) take(bytes.toString('utf8', at, Math.min(end, at + MAX_LINE_BYTES)), this.#lines);
      at = end + 1;
    }
  }
}
