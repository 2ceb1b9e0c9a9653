// Small writes of one turn of the event loop, made together at its end. A write to another process wakes it
// up; done between two reads, each wake-up costs more than the write itself.
import type { ServerResponse } from 'node:http';

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

/**
 * Ends a response whose head is written but not sent, with a body that is whole: one string in one system call.
 * `end(body)` would make it two pieces, the second of them empty; the cork keeps Node from holding the write back
 * until the next tick.
 */
export function endAtEndOfTurn(res: ServerResponse, body: string, encoding: 'latin1' | 'utf8'): void {
  atEndOfTurn(() => {
    const { socket } = res;
    socket?.cork();
    res.write(body, encoding);
    socket?.uncork();
    res.end();
  });
}
