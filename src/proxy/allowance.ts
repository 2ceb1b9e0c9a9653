// So much at a time for all callers together, and so much for one of them. Knows nothing of what it counts.

export interface AllowanceLimits {
  readonly total: number;
  readonly perCaller: number;
}

export class Allowance {
  readonly limits: AllowanceLimits;
  /** More than this nobody can take, even alone. */
  readonly most: number;
  private taken = 0;
  private readonly takenBy = new Map<string, number>();

  constructor(limits: AllowanceLimits) {
    this.limits = limits;
    this.most = Math.min(limits.total, limits.perCaller);
  }

  /** @returns false, with nothing taken, where it would be too much */
  take(caller: string, amount: number): boolean {
    const { total, perCaller } = this.limits;
    const own = (this.takenBy.get(caller) ?? 0) + amount;
    if (this.taken + amount > total || own > perCaller) return false;
    this.taken += amount;
    this.takenBy.set(caller, own);
    return true;
  }

  give(caller: string, amount: number): void {
    const own = (this.takenBy.get(caller) ?? 0) - amount;
    this.taken -= amount;
    if (own > 0) this.takenBy.set(caller, own);
    else this.takenBy.delete(caller);
  }
}
