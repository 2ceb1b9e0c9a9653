// A value that is not known yet, told to one listener in the turn in which it is known. A promise would do, but a chain of
// them for each request was half a kilobyte of garbage, and longer pauses with many requests under way.

type Listener<T, C> = (value: T, context: C) => void;

export class Pending<T> {
  private isSettled = false;
  private value: T | undefined;
  private listener: Listener<T, unknown> | undefined;
  private context: unknown;

  /** Only the first value counts. There is no failing: what can go wrong is a value. */
  settle(value: T): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.value = value;
    this.listener?.(value, this.context);
  }

  /** @param listener takes the value and `context`; it must not throw. There is one: a second takes its place */
  listen<C>(listener: Listener<T, C>, context: C): void {
    if (this.isSettled) listener(this.value as T, context);
    this.listener = listener as Listener<T, unknown>;
    this.context = context;
  }

  toPromise(): Promise<T> {
    return new Promise((resolve) => this.listen((value) => resolve(value), undefined));
  }
}
