// Several processes in the place of one: each serves the guarded listener with its share of the limits, all of them
// with the keys and revocations of the one core in the primary process. One that dies is replaced; the others do not notice.
import cluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListenAddress } from '../../config/address.ts';
import type { Settings } from '../../config/settings.ts';
import type { Core } from '../../core.ts';
import type { DenyReason } from '../../decision.ts';
import { Failure } from '../../failure.ts';
import type { Snapshot } from '../../keystore/snapshot.ts';
import { tryListen } from '../../listener/sockets.ts';
import type { AuditLog } from '../../observe/audit/log.ts';
import type { Families } from '../../observe/metrics/families.ts';
import { LISTEN_SETTING, type Opened, type Serving } from '../serving.ts';
import { WorkerCounts } from './counts.ts';
import { describeChange } from './key-change.ts';
import { WorkerGone, WorkerProcess } from './process.ts';
import type { Assignment, Calls } from './protocol.ts';

type Report = (line: string) => void;

/** One place among the workers; its share of the limits is the same whoever holds it. */
interface Slot {
  readonly index: number;
  worker: WorkerProcess | undefined;
  /** The keys its worker has been told of. */
  filed: Snapshot | undefined;
  /** Before the next worker is started. */
  restartDelayMs: number;
}

/** A worker that lived so long did not die of its start. */
const SETTLED_MS = 5000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** What a worker may take to end after its drain: its audit records have two seconds. */
const END_MS = 5000;
const START_TRIES = 3;
const GROUP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startWorkers(
  settings: Settings,
  opened: Opened,
  audit: AuditLog,
  report: Report,
): Promise<Serving<Opened>> {
  if (!cluster.isPrimary) {
    const why =
      'guard.workers: this process is itself a worker of node:cluster (a process manager in cluster mode?)';
    throw new Failure('worker_failed', `${why}. Set guard.workers = 1.`);
  }
  const pool = new WorkerPool(settings, opened, audit, report);
  return {
    listen: await pool.start(),
    probe: () => pool.probe(),
    metrics: () => pool.metrics(),
    reload: (...to) => pool.reload(...to),
    stop: () => pool.stop(),
  };
}

class WorkerPool {
  readonly #audit: AuditLog;
  readonly #report: Report;
  readonly #slots: readonly Slot[];
  readonly #counts = new WorkerCounts();
  #settings: Settings;
  #opened: Opened;
  #unfollow: () => void = () => undefined;
  #isStopping = false;

  constructor(settings: Settings, opened: Opened, audit: AuditLog, report: Report) {
    this.#settings = settings;
    this.#opened = opened;
    this.#audit = audit;
    this.#report = report;
    const toSlot = (_: unknown, index: number): Slot => ({
      index,
      worker: undefined,
      filed: undefined,
      restartDelayMs: 0,
    });
    this.#slots = Array.from({ length: settings.workers }, toSlot);
  }

  async start(): Promise<ListenAddress> {
    // Clears away a socket file left behind, and finds the port that 0 stands for, which every worker has to share.
    const listen = await tryListen(this.#settings.listen, LISTEN_SETTING);
    this.#settings = { ...this.#settings, listen };
    this.#follow(this.#opened.core);
    this.#audit.available.follow((canRecord) => {
      for (const slot of this.#slots) void this.#tell(slot, 'setRecording', canRecord);
    });
    // One that hangs would not notice that the channel is closed.
    process.on('exit', () => this.#kill());
    const [first, ...others] = this.#slots as [Slot, ...Slot[]];
    try {
      // The first one alone: what is wrong is said once.
      await this.#fill(first);
      await Promise.all(others.map((slot) => this.#fill(slot)));
      this.#report(
        `${this.#slots.length} workers: pids ${this.#running()
          .map(({ pid }) => pid)
          .join(' ')}`,
      );
      return listen;
    } catch (error) {
      this.#isStopping = true;
      this.#kill();
      await Promise.all(this.#running().map(({ ended }) => ended));
      throw error;
    }
  }

  /** One answer is enough: the broker is the same for all of them. */
  async probe(): Promise<DenyReason | undefined> {
    const reasons: DenyReason[] = [];
    const ask = async (worker: WorkerProcess) => {
      const reason = await worker.call('probe');
      if (reason === undefined) return;
      reasons.push(reason);
      throw new Error(reason);
    };
    // A worker that dies or hangs says nothing about the broker.
    const isUsable = await Promise.any(this.#running().map(ask)).then(
      () => true,
      () => false,
    );
    return isUsable ? undefined : (reasons[0] ?? 'guard_failed');
  }

  metrics(): Promise<readonly Families[]> {
    return this.#counts.read(this.#running());
  }

  /** A worker that does not take the settings is replaced by one that begins with them. */
  async reload(settings: Settings, opened: Opened): Promise<void> {
    this.#settings = { ...settings, listen: this.#settings.listen };
    this.#opened = opened;
    this.#follow(opened.core);
    await Promise.all(this.#slots.map((slot) => this.#tell(slot, 'reload', this.#assign(slot))));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const running = this.#running();
    const cut = setTimeout(() => this.#kill(), this.#settings.drainMs + END_MS);
    const end = async (worker: WorkerProcess) => {
      this.#audit.countLost(await worker.call('stop').catch(() => 0));
      await worker.ended;
    };
    await Promise.all(running.map(end));
    clearTimeout(cut);
  }

  #running(): WorkerProcess[] {
    return this.#slots.flatMap(({ worker }) => worker ?? []);
  }

  #kill(): void {
    for (const worker of this.#running()) worker.kill();
  }

  /** Tells every worker what changes from now on. */
  #follow({ keys, revocations }: Core): void {
    this.#unfollow();
    const stops = [
      keys.follow((snapshot) => {
        for (const slot of this.#slots) {
          void this.#tell(slot, 'changeKeys', describeChange(slot.filed, snapshot));
          slot.filed = snapshot;
        }
      }),
      revocations.follow((added) => {
        for (const slot of this.#slots) void this.#tell(slot, 'revoke', added);
      }),
    ];
    this.#unfollow = () => {
      for (const stop of stops) stop();
    };
  }

  /** A worker that cannot be told must not go on with what was true before. */
  async #tell<N extends 'reload' | 'changeKeys' | 'revoke' | 'setRecording'>(
    slot: Slot,
    name: N,
    ...what: Parameters<Calls[N]>
  ): Promise<void> {
    const { worker } = slot;
    await worker?.call(name, ...what).catch((error: Error) => {
      if (error instanceof WorkerGone) return;
      this.#report(`worker ${worker.pid} cannot be told of a change (${error.message}): it is ended`);
      worker.kill();
    });
  }

  /** @throws Failure, of the worker's own or because it has ended */
  async #fill(slot: Slot, tries = START_TRIES): Promise<void> {
    const worker = new WorkerProcess((line) => this.#audit.relay(line));
    slot.worker = worker;
    try {
      await worker.call('serve', this.#assign(slot));
      void this.#watch(slot, worker);
    } catch (error) {
      worker.kill();
      await worker.ended;
      slot.worker = undefined;
      if (!(error instanceof WorkerGone)) throw error;
      // A signal to all processes of a group, before the worker could say that it is not meant.
      if (GROUP_SIGNALS.includes(error.how) && tries > 1) return this.#fill(slot, tries - 1);
      throw new Failure('worker_failed', `a worker process ended while it started (${error.how})`);
    }
  }

  #assign(slot: Slot): Assignment {
    const { core, tls } = this.#opened;
    const { guarded, upstreamCa } = tls;
    slot.filed = core.keys.snapshot();
    return {
      settings: this.#settings,
      share: { index: slot.index, of: this.#slots.length },
      keys: describeChange(undefined, slot.filed),
      revocations: [...core.revocations.list()],
      tls: { guarded, upstreamCa },
      canRecord: this.#audit.available.current(),
    };
  }

  async #watch(slot: Slot, worker: WorkerProcess): Promise<void> {
    const since = performance.now();
    const how = await worker.ended;
    this.#counts.end(worker);
    if (this.#isStopping) return;
    slot.worker = undefined;
    if (performance.now() - since > SETTLED_MS) slot.restartDelayMs = 0;
    this.#report(`worker ${worker.pid} has ended (${how}): another takes its place`);
    await this.#refill(slot);
  }

  async #refill(slot: Slot): Promise<void> {
    await delay(slot.restartDelayMs, undefined, { ref: false });
    if (this.#isStopping) return;
    slot.restartDelayMs = Math.min(Math.max(FIRST_DELAY_MS, 2 * slot.restartDelayMs), LONGEST_DELAY_MS);
    try {
      await this.#fill(slot);
      this.#report(`worker ${slot.worker?.pid} has taken the place`);
    } catch (error) {
      const why = error instanceof Failure ? error.message : (error as Error).stack;
      if (!this.#isStopping) this.#report(`no worker in its place yet: ${why}`);
      await this.#refill(slot);
    }
  }
}
