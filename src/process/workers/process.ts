// One worker as the primary process sees it: calls and their answers, its audit lines, its end.
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import {
  type AnswerMessage,
  type CallMessage,
  type CallName,
  type Calls,
  fromWire,
  HELLO,
} from './protocol.ts';

/** A call that can never be answered any more. */
export class WorkerGone extends Error {
  /** As `ended` says. */
  readonly how: string;

  constructor(how: string) {
    super(`a worker process has ended (${how})`);
    this.how = how;
  }
}

/**
 * What a sound worker needs at most for an answer: one that hangs must not hold up the others. A probe may wait in
 * line for the broker and then for its answer. A drain has a limit of its own.
 */
const ANSWER_MS: Readonly<Record<CallName, number | undefined>> = {
  serve: 30_000,
  changeKeys: 5000,
  revoke: 5000,
  reload: 5000,
  probe: 30_000,
  metrics: 2000,
  setRecording: 5000,
  stop: undefined,
};

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerProcess {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = HELLO;
  /** Calls made before the worker listens to its channel: node:cluster would drop them. */
  #unsent: CallMessage[] | undefined = [];
  /** How it ended, once everything it has written is read: `SIGKILL`, `exit code 1`, or why it never began: `EMFILE`. */
  readonly ended: Promise<string>;
  #end: string | undefined;
  #error: NodeJS.ErrnoException | undefined;

  /** @param onLine takes an audit line with its line end; the last one of a worker that was killed may be missing */
  constructor(onLine: (line: string) => void) {
    this.#worker = fork();
    this.#worker.on('message', (message: AnswerMessage) => this.#settle(message));
    // What cannot be sent is answered by the end of the worker.
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.process.stdout?.setEncoding('utf8').on('data', splitLines(onLine));
    this.ended = this.#awaitEnd();
  }

  /** Undefined where it never began. */
  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** @throws what the call throws; WorkerGone where the worker ends before it has answered; Error where it is silent */
  call<N extends CallName>(
    name: N,
    ...[argument]: Parameters<Calls[N]>
  ): Promise<Awaited<ReturnType<Calls[N]>>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(new WorkerGone(this.#end));
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#limit(id, ANSWER_MS[name]);
      this.#send({ id, call: name, argument });
    });
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #limit(id: number, ms: number | undefined): void {
    if (ms === undefined) return;
    const giveUp = () => this.#settle({ id, error: { message: `no answer within ${ms} ms` } });
    setTimeout(giveUp, ms).unref();
  }

  #send(message: CallMessage): void {
    if (this.#unsent === undefined) this.#worker.send(message);
    else this.#unsent.push(message);
  }

  #settle({ id, value, error }: AnswerMessage): void {
    if (id === HELLO) {
      const unsent = this.#unsent ?? [];
      this.#unsent = undefined;
      for (const message of unsent) this.#send(message);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(fromWire(error));
  }

  async #awaitEnd(): Promise<string> {
    const how = await new Promise<string>((resolve) => {
      this.#worker.process.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const end = this.pid === undefined ? (this.#error?.code ?? how) : how;
    this.#end = end;
    for (const { reject } of this.#waiting.values()) reject(new WorkerGone(end));
    this.#waiting.clear();
    return end;
  }
}

function fork(): Worker {
  // Connections handed out in turn. Shared accept spreads and costs the same where it was measured, but promises
  // nothing; SO_REUSEPORT is not in Node 20, and loses what waits in the queue of a worker that dies.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('../../worker.js', import.meta.url)),
    args: [],
    // Structured clones: settings have members that JSON would drop.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return cluster.fork();
}

/** Whole lines only: what a killed worker has begun would garble the record after it. */
function splitLines(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) onLine(`${line}\n`);
  };
}
