// When a pass over files runs: at the earliest moment anybody asked for, one at a time, with rests between.
// Knows nothing about what a pass does.

/** In milliseconds. */
export interface PassResult {
  readonly workMs: number;
  /** When it wants to run again at the latest; infinite where only a request brings it back. */
  readonly againInMs: number;
}

/** Rest after a pass, so that a follow-up that stays due cannot spin. */
const MIN_REST_MS = 20;

export class Schedule {
  readonly #pass: () => Promise<PassResult>;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #notBeforeMs = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(pass: () => Promise<PassResult>) {
    this.#pass = pass;
  }

  /** Asks for a pass in `delayMs`, or earlier. During a pass: another one after it. */
  request(delayMs: number): void {
    const dueMs = performance.now() + delayMs;
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    if (!this.#isRunning) this.#arm();
  }

  /** Runs a pass at once, and arranges the next one. */
  async run(): Promise<void> {
    this.#isRunning = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const { workMs, againInMs } = await this.#pass();
    this.#isRunning = false;
    // Under constant change looking takes at most half of the time.
    this.#notBeforeMs = performance.now() + Math.max(workMs, MIN_REST_MS);
    this.#dueMs = Math.min(this.#dueMs, performance.now() + againInMs);
    this.#arm();
  }

  /** No pass begins after this. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#dueMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(this.#dueMs, this.#notBeforeMs) - performance.now();
    this.#timer = setTimeout(() => void this.run(), Math.max(waitMs, 0)).unref();
  }
}
