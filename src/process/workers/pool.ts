// Several processes in the place of one: each serves the guarded listener with its share of the limits, all of them
// with the keys of the one key store in the primary process. One that dies is replaced; the others do not notice.
import cluster from 'node:cluster';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListenAddress } from '../../config/address.ts';
import type { Settings } from '../../config/settings.ts';
import type { DenyReason } from '../../decision.ts';
import { Failure } from '../../failure.ts';
import type { Snapshot } from '../../keystore/snapshot.ts';
import type { KeyStore } from '../../keystore/store.ts';
import { boundAddress, closeServer, listenOn } from '../../listener/sockets.ts';
import type { AuditLog } from '../../observe/audit/log.ts';
import { LISTEN_SETTING, type Opened, type Serving } from '../serving.ts';
import { describeChange } from './key-change.ts';
import { WorkerGone, WorkerProcess } from './process.ts';
import type { Assignment, Calls } from './protocol.ts';

type Report = (line: string) => void;

/** One place among the workers; its share of the limits is the same whoever holds it. */
interface Seat {
  readonly index: number;
  holder: WorkerProcess | undefined;
  /** The keys its holder has been told of. */
  filed: Snapshot | undefined;
  /** Before the next holder is started. */
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
    reload: (...to) => pool.reload(...to),
    stop: () => pool.stop(),
  };
}

class WorkerPool {
  readonly #audit: AuditLog;
  readonly #report: Report;
  readonly #seats: readonly Seat[];
  #settings: Settings;
  #opened: Opened;
  #unfollow: () => void = () => undefined;
  #isStopping = false;

  constructor(settings: Settings, opened: Opened, audit: AuditLog, report: Report) {
    this.#settings = settings;
    this.#opened = opened;
    this.#audit = audit;
    this.#report = report;
    const toSeat = (_: unknown, index: number): Seat => ({
      index,
      holder: undefined,
      filed: undefined,
      restartDelayMs: 0,
    });
    this.#seats = Array.from({ length: settings.workers }, toSeat);
  }

  async start(): Promise<ListenAddress> {
    const listen = await findAddress(this.#settings.listen);
    this.#settings = { ...this.#settings, listen };
    this.#follow(this.#opened.core.keys);
    // One that hangs would not notice that the channel is closed.
    process.on('exit', () => this.#kill());
    const [first, ...others] = this.#seats as [Seat, ...Seat[]];
    try {
      // The first one alone: what is wrong is said once.
      await this.#fill(first);
      await Promise.all(others.map((seat) => this.#fill(seat)));
      this.#report(
        `${this.#seats.length} workers: pids ${this.#holders()
          .map(({ pid }) => pid)
          .join(' ')}`,
      );
      return listen;
    } catch (error) {
      this.#isStopping = true;
      this.#kill();
      await Promise.all(this.#holders().map(({ ended }) => ended));
      throw error;
    }
  }

  /** One answer is enough: the broker is the same for all of them. */
  async probe(): Promise<DenyReason | undefined> {
    const reasons: DenyReason[] = [];
    const ask = async (holder: WorkerProcess) => {
      const reason = await holder.call('probe');
      if (reason === undefined) return;
      reasons.push(reason);
      throw new Error(reason);
    };
    // A worker that dies or hangs says nothing about the broker.
    const isUsable = await Promise.any(this.#holders().map(ask)).then(
      () => true,
      () => false,
    );
    return isUsable ? undefined : (reasons[0] ?? 'guard_failed');
  }

  /** A worker that does not take the settings is replaced by one that begins with them. */
  async reload(settings: Settings, opened: Opened): Promise<void> {
    this.#settings = { ...settings, listen: this.#settings.listen };
    this.#opened = opened;
    this.#follow(opened.core.keys);
    await Promise.all(this.#seats.map((seat) => this.#tell(seat, 'reload', this.#assign(seat))));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const holders = this.#holders();
    const cut = setTimeout(() => this.#kill(), this.#settings.drainMs + END_MS);
    const end = async (holder: WorkerProcess) => {
      this.#audit.countLost(await holder.call('stop').catch(() => 0));
      await holder.ended;
    };
    await Promise.all(holders.map(end));
    clearTimeout(cut);
  }

  #holders(): WorkerProcess[] {
    return this.#seats.flatMap(({ holder }) => holder ?? []);
  }

  #kill(): void {
    for (const holder of this.#holders()) holder.kill();
  }

  /** Tells every worker what changes from now on. */
  #follow(keys: KeyStore): void {
    this.#unfollow();
    this.#unfollow = keys.follow((snapshot) => {
      for (const seat of this.#seats) {
        void this.#tell(seat, 'changeKeys', describeChange(seat.filed, snapshot));
        seat.filed = snapshot;
      }
    });
  }

  /** A worker that cannot be told must not go on with what was true before. */
  async #tell<N extends 'reload' | 'changeKeys'>(
    seat: Seat,
    name: N,
    ...what: Parameters<Calls[N]>
  ): Promise<void> {
    const { holder } = seat;
    await holder?.call(name, ...what).catch((error: Error) => {
      if (error instanceof WorkerGone) return;
      this.#report(`worker ${holder.pid} cannot be told of a change (${error.message}): it is ended`);
      holder.kill();
    });
  }

  /** @throws Failure, of the worker's own or because it has ended */
  async #fill(seat: Seat, tries = START_TRIES): Promise<void> {
    const holder = new WorkerProcess((line) => this.#audit.relay(line));
    seat.holder = holder;
    try {
      await holder.call('serve', this.#assign(seat));
      void this.#watch(seat, holder);
    } catch (error) {
      holder.kill();
      await holder.ended;
      seat.holder = undefined;
      if (!(error instanceof WorkerGone)) throw error;
      // A signal to all processes of a group, before the worker could say that it is not meant.
      if (GROUP_SIGNALS.includes(error.how) && tries > 1) return this.#fill(seat, tries - 1);
      throw new Failure('worker_failed', `a worker process ended while it started (${error.how})`);
    }
  }

  #assign(seat: Seat): Assignment {
    const { core, tls } = this.#opened;
    seat.filed = core.keys.snapshot();
    return {
      settings: takeShare(this.#settings, seat.index),
      keys: describeChange(undefined, seat.filed),
      tls,
    };
  }

  async #watch(seat: Seat, holder: WorkerProcess): Promise<void> {
    const since = performance.now();
    const how = await holder.ended;
    if (this.#isStopping) return;
    seat.holder = undefined;
    if (performance.now() - since > SETTLED_MS) seat.restartDelayMs = 0;
    this.#report(`worker ${holder.pid} has ended (${how}): another takes its place`);
    await this.#refill(seat);
  }

  async #refill(seat: Seat): Promise<void> {
    await delay(seat.restartDelayMs, undefined, { ref: false });
    if (this.#isStopping) return;
    seat.restartDelayMs = Math.min(Math.max(FIRST_DELAY_MS, 2 * seat.restartDelayMs), LONGEST_DELAY_MS);
    try {
      await this.#fill(seat);
      this.#report(`worker ${seat.holder?.pid} has taken the place`);
    } catch (error) {
      const why = error instanceof Failure ? error.message : (error as Error).stack;
      if (!this.#isStopping) this.#report(`no worker in its place yet: ${why}`);
      await this.#refill(seat);
    }
  }
}

/**
 * Opens and closes the listener here first: that shows that it can be opened, clears away a socket file left behind,
 * and finds the port that 0 stands for, which every worker to come has to share.
 */
async function findAddress(listen: ListenAddress): Promise<ListenAddress> {
  const server = http.createServer();
  await listenOn(server, listen, LISTEN_SETTING);
  const bound = boundAddress(server, listen);
  await closeServer(server, 0);
  return bound;
}

/** Connections to the broker are what a worker has a share of; together they stay within `limit_conn`. */
function takeShare(settings: Settings, index: number): Settings {
  const { upstream, workers } = settings;
  const maxConnections = Math.floor((upstream.maxConnections + workers - 1 - index) / workers);
  return { ...settings, upstream: { ...upstream, maxConnections } };
}
