// A state that changes, and its listeners. Knows nothing of what the state is.

export interface Followed<T> {
  /** The present state: immutable, and the same object until something changes. */
  current(): T;
  /**
   * Calls back after each change with the state that has come of it, until the function it returns is called.
   * A listener that throws keeps nobody else from hearing; its error then ends the process, as any other that
   * nobody catches: who has not heard of a change must not go on with what was true before.
   */
  follow(listener: (state: T) => void): () => void;
}

/** The state of whoever makes the changes. */
export class FollowedState<T> implements Followed<T> {
  /** Each in a wrapper of its own: one function that follows twice hears twice, and stops twice. */
  readonly #followers = new Set<{ readonly listener: (state: T) => void }>();
  #state: T;

  constructor(state: T) {
    this.#state = state;
  }

  current(): T {
    return this.#state;
  }

  follow(listener: (state: T) => void): () => void {
    const follower = { listener };
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Puts a state in place and tells everybody who follows at this moment, in the order in which they came. */
  change(state: T): void {
    this.#state = state;
    for (const follower of [...this.#followers]) {
      // Skips whoever was stopped by an earlier listener.
      if (this.#followers.has(follower)) tell(follower.listener, state);
    }
  }
}

function tell<T>(listener: (state: T) => void, state: T): void {
  try {
    listener(state);
  } catch (error) {
    // As Node's own EventTarget does it: thrown where it disturbs no other listener and not whoever made the change.
    process.nextTick(() => {
      throw error;
    });
  }
}
