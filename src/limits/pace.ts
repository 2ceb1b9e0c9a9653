// Answers that may go out no faster than so many a second. Whoever sends the next guess with each answer then sends no more of
// them, on however many connections: a turn of the event loop stays short, and with it the wait of those who do not guess.

const TURN_MS = 10;
/** A thousand a second cost some tenth of a core. */
const PER_TURN = 10;
/**
 * Each keeps its request, with what has come of its body: some 100 KB at most. Past it there is no waiting: more connections
 * than that are slowed down by their number.
 */
const MAX_WAITING = 1000;

export class Pace {
  private waiting: (() => void)[] = [];

  /** @param go called once, in its turn; at once where too many wait. It must not throw */
  wait(go: () => void): void {
    if (this.waiting.length === MAX_WAITING) go();
    else if (this.waiting.push(go) === 1) this.nextTurn();
  }

  private nextTurn(): void {
    setTimeout(() => {
      for (const go of this.waiting.splice(0, PER_TURN)) go();
      if (this.waiting.length > 0) this.nextTurn();
    }, TURN_MS).unref();
  }
}
