// So many at a time; the others wait in line, in the order they came, until their deadline. Knows nothing of what they do.

/** Who may wait in one line; more than that is refused at once. */
const MAX_WAITING = 1000;

export interface Waiting {
  /** The tick at which the wait is over. */
  readonly deadline: number;
}

export class Semaphore<T extends Waiting> {
  private readonly most: number;
  private readonly onTurn: (one: T) => void;
  private readonly line = new Set<T>();
  private inUse = 0;

  /** @param onTurn told of whoever passes after a wait */
  constructor(most: number, onTurn: (one: T) => void) {
    this.most = most;
    this.onTurn = onTurn;
  }

  get isFull(): boolean {
    return this.inUse >= this.most;
  }

  get waiting(): number {
    return this.line.size;
  }

  enter(one: T): 'passed' | 'waits' | 'refused' {
    if (!this.isFull) {
      this.inUse++;
      return 'passed';
    }
    if (this.line.size >= MAX_WAITING) return 'refused';
    this.line.add(one);
    return 'waits';
  }

  /** Somebody who had passed is done: the next in line passes. */
  leave(): void {
    // Asked first: it costs less than looking for somebody who is not there.
    const [next] = this.line.size === 0 ? [] : this.line;
    if (next === undefined) {
      this.inUse--;
      return;
    }
    this.line.delete(next);
    this.onTurn(next);
  }

  /** Whoever leaves the line makes room in it. */
  forget(one: T): void {
    this.line.delete(one);
  }

  /** Takes those out of the line whose deadline has come: not the first ones alone, as some have waited elsewhere before. */
  *expire(now: number): Generator<T> {
    for (const one of this.line) {
      if (now < one.deadline) continue;
      this.line.delete(one);
      yield one;
    }
  }
}
