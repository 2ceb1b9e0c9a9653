// How many requests a caller may make in a second. Knows no token; whoever asks says which key a caller has.
import { Counts } from './counts.ts';

export class RequestRate {
  readonly perSecond: number;
  private readonly made = new Counts();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Counts one more; false where it is one too many. */
  take(key: string): boolean {
    return this.made.add(key, 1) <= this.perSecond;
  }
}
