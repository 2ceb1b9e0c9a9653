// What workers have counted, those that have ended included: a sum that falls would look to Prometheus like a guard that was
// started anew, and everything counted so far would count once more.
import { addFamilies, type Families, keepCounts } from '../../observe/metrics/families.ts';
import type { WorkerProcess } from './process.ts';

export class WorkerCounts {
  readonly #latest = new Map<WorkerProcess, Families>();
  #ended: Families[] = [];

  /** A worker that does not answer has counted what it said last. Not to be called again before it is done. */
  async read(running: readonly WorkerProcess[]): Promise<readonly Families[]> {
    await Promise.all(running.map((worker) => this.#ask(worker)));
    const ended = this.#ended;
    this.#ended = [];
    this.#ended.push(await addFamilies(ended));
    return [...this.#ended, ...this.#latest.values()];
  }

  /** Keeps what it has counted. What came after it was asked for the last time is lost with it. */
  end(worker: WorkerProcess): void {
    const families = this.#latest.get(worker);
    this.#latest.delete(worker);
    if (families !== undefined) this.#ended.push(keepCounts(families));
  }

  async #ask(worker: WorkerProcess): Promise<void> {
    const families = await worker.call('metrics').catch(() => undefined);
    if (families !== undefined && !worker.hasEnded) this.#latest.set(worker, families);
  }
}
