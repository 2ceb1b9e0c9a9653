// How long a caller may take over a body: between two parts of it, and over the whole. Stands still while the caller is
// not expected to send.

export interface UploadTimes {
  /** Between two parts. */
  readonly stallMs: number;
  readonly wholeMs: number;
  /** Monotonic milliseconds. */
  readonly tick: () => number;
}

export class UploadClock {
  private readonly times: UploadTimes;
  private readonly onLate: () => void;
  private timer: NodeJS.Timeout | undefined;
  /** What is left of the whole, when the clock was started last. */
  private leftMs: number;
  private startedAt = 0;
  private notedAt = 0;

  constructor(times: UploadTimes, onLate: () => void) {
    this.times = times;
    this.onLate = onLate;
    this.leftMs = times.wholeMs;
  }

  start(): void {
    if (this.timer !== undefined) return;
    this.startedAt = this.times.tick();
    this.notedAt = this.startedAt;
    this.arm(this.startedAt);
  }

  stop(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.leftMs -= this.times.tick() - this.startedAt;
  }

  /** Another part has come. */
  note(): void {
    if (this.timer !== undefined) this.notedAt = this.times.tick();
  }

  private arm(now: number): void {
    const stallMs = this.notedAt + this.times.stallMs - now;
    const wholeMs = this.startedAt + this.leftMs - now;
    if (stallMs > 0 && wholeMs > 0) {
      this.timer = setTimeout(() => this.arm(this.times.tick()), Math.ceil(Math.min(stallMs, wholeMs)));
      return;
    }
    this.timer = undefined;
    this.onLate();
  }
}
