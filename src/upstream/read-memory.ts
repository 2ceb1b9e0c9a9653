// The memory that a connection to the broker reads into, again and again. A new piece for each read, Node's own
// way, is growth of the heap to V8, which then collects all of it every few megabytes of answers.

const READ_BYTES = 64 * 1024;

class Piece {
  readonly bytes = Buffer.allocUnsafeSlow(READ_BYTES);
  /** How many keep what was read into it. */
  keepers = 0;
  readonly giveBack = (): void => {
    this.keepers--;
  };
}

/** Two pieces in turn, and further ones while clients are slow to take both. */
export class ReadMemory {
  private piece = new Piece();
  private spare: Piece | undefined;

  /** Where to read to next: never where somebody keeps what was read before. */
  next(): Buffer {
    if (this.piece.keepers > 0) {
      const free = this.spare?.keepers === 0 ? this.spare : new Piece();
      this.spare = this.piece;
      this.piece = free;
    }
    return this.piece.bytes;
  }

  /** Keeps what was just read until the function that comes back is called, which is to be done once. */
  keep(): () => void {
    this.piece.keepers++;
    return this.piece.giveBack;
  }
}
