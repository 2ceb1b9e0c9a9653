// Who has to wait after too many refused tokens, and how long: so many are free, each further one doubles the wait. Knows no
// token; whoever asks says by which key attempts belong together.
import { Counts } from './counts.ts';
import { Pace } from './pace.ts';

/** After so long without regard to what came since the first, attempts are free again. */
const WINDOW_SECONDS = 600;
const MAX_WAIT_SECONDS = 60;

export class FailedAttempts {
  /** How many of a key within the window nobody has to wait for. */
  readonly free: number;
  /** At which those who have to wait are told so. */
  readonly pace = new Pace();
  private readonly failed = new Counts();
  private readonly waiting = new Counts();
  private quietFromMs = 0;

  constructor(free: number) {
    this.free = free;
  }

  /** Whether nobody at all has to wait: then there is nothing to look up. */
  isQuiet(nowMs: number): boolean {
    return nowMs >= this.quietFromMs;
  }

  note(key: string, nowMs: number): void {
    const over = this.failed.add(key, WINDOW_SECONDS) - this.free;
    if (over < 0) return;
    const seconds = Math.min(2 ** over, MAX_WAIT_SECONDS);
    this.waiting.hold(key, seconds);
    this.quietFromMs = Math.max(this.quietFromMs, nowMs + seconds * 1000);
  }

  /** Whole seconds until the next attempt is judged; 0 where it is now. */
  waitSeconds(key: string): number {
    return Math.ceil(this.waiting.remaining(key) / 1000);
  }
}
