// Small writes of one turn of the event loop, made together at its end. A write to another process wakes it
// up; done between two reads, each wake-up costs more than the write itself.

let pending: (() => void)[] = [];

/** Runs `write` after everything that this turn has read is dealt with. It must not throw. */
export function atEndOfTurn(write: () => void): void {
  if (pending.push(write) === 1) setImmediate(flush);
}

function flush(): void {
  const writes = pending;
  pending = [];
  for (const write of writes) write();
}
