// Pieces of work that must not overlap: each begins when the one before it is over, however that went.

export type TakeTurns = <T>(work: () => Promise<T>) => Promise<T>;

export function takeTurns(): TakeTurns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
