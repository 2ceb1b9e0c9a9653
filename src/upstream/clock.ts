// A clock that is read for nothing: several deadlines are set for each exchange, and none of them is that exact.

/** How often deadlines are looked at: they may be missed by as much. */
export const STEP_MS = 250;

export class CoarseClock {
  /** Monotonic milliseconds, late by a step at most. */
  now: number;
  private readonly tick: () => number;

  /** @param tick monotonic milliseconds */
  constructor(tick: () => number) {
    this.tick = tick;
    this.now = tick();
  }

  update(): void {
    this.now = this.tick();
  }

  /** The tick at which `ms` are over for certain. */
  after(ms: number): number {
    return this.now + STEP_MS + ms;
  }
}
