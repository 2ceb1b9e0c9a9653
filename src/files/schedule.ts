// When the next scan runs: at the earliest moment anybody asked for, one at a time, with rests between.
// Knows nothing about what a scan does.

/** A scan answers how long it worked and when it wants to run again at the latest, in milliseconds. */
export type ScanResult = { readonly workMs: number; readonly againInMs: number };

/** Rest after a scan, so that a follow-up that stays due cannot spin. */
const MIN_REST_MS = 20;

export class ScanSchedule {
  readonly #scan: () => Promise<ScanResult>;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #notBeforeMs = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(scan: () => Promise<ScanResult>) {
    this.#scan = scan;
  }

  /** Asks for a scan in `delayMs`, or earlier. During a scan: another one after it. */
  request(delayMs: number): void {
    const dueMs = performance.now() + delayMs;
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    if (!this.#isRunning) this.#arm();
  }

  /** No scan begins after this. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const waitMs = Math.max(this.#dueMs, this.#notBeforeMs) - performance.now();
    this.#timer = setTimeout(() => void this.#run(), Math.max(waitMs, 0)).unref();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const { workMs, againInMs } = await this.#scan();
    this.#isRunning = false;
    // Under constant change scanning takes at most half of the time.
    this.#notBeforeMs = performance.now() + Math.max(workMs, MIN_REST_MS);
    this.#dueMs = Math.min(this.#dueMs, performance.now() + againInMs);
    this.#arm();
  }
}
