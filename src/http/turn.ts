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

interface WholeAnswer {
  readonly res: ServerResponse;
  readonly body: string;
  readonly encoding: 'latin1' | 'utf8';
}

/** Answers that wait keep their requests alive: however many connections ask in one turn, no more than this do. */
const MAX_ANSWERS = 64;

let answers: WholeAnswer[] = [];

/** Ends a response whose head is written but not sent, with a body that is whole. */
export function endAtEndOfTurn(res: ServerResponse, body: string, encoding: 'latin1' | 'utf8'): void {
  const count = answers.push({ res, body, encoding });
  if (count === 1) atEndOfTurn(writeAnswers);
  else if (count === MAX_ANSWERS) writeAnswers();
}

/** Writes the answers that wait for the end of the turn now. */
export function writeAnswers(): void {
  const due = answers;
  answers = [];
  for (const answer of due) write(answer);
}

/**
 * One string in one system call: `end(body)` would make it two pieces, the second of them empty; the cork keeps Node
 * from holding the write back until the next tick.
 */
function write({ res, body, encoding }: WholeAnswer): void {
  const { socket } = res;
  socket?.cork();
  res.write(body, encoding);
  socket?.uncork();
  res.end();
}
