// The guarded listener and everything behind it, as far as one process has it: opens it, puts other settings in
// place, drains it. Where several processes share the work, each has one of these (workers/).
import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import type { Core } from '../core.ts';
import type { DenyReason } from '../decision.ts';
import type { Guard } from '../guard.ts';
import { compileClients } from '../http/client-address.ts';
import { acceptedBy } from '../listener/accepted.ts';
import { Connections } from '../listener/connection.ts';
import { createHttpServer } from '../listener/http-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { setTimes } from '../listener/timeouts.ts';
import { renewTls } from '../listener/tls.ts';
import type { Families } from '../observe/metrics/families.ts';
import { createRequestMetrics } from '../observe/metrics/request-metrics.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder } from '../observe/recorder.ts';
import { createSeldomReport } from '../observe/seldom.ts';
import { type Guarded, openGuarded } from './guarded.ts';
import type { Share } from './share.ts';
import type { TlsFiles } from './tls-files.ts';

/** What to change where the address cannot be listened on. */
export const LISTEN_SETTING = 'guard.listen or give --listen';
export const SERVICE_SETTING = 'guard.service.listen or give --service-listen';

/** The core of the process that was started, and what else the settings point to. */
export interface Opened {
  readonly core: Core;
  readonly tls: TlsFiles;
}

/** The part that a serving process needs. */
export interface Means {
  readonly guard: Guard;
  readonly tls: Omit<TlsFiles, 'service'>;
  readonly share: Share;
  /** Whether audit records can be written at the moment. */
  readonly canRecord: () => boolean;
}

export interface Serving<M> {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  /** Asks the broker for an answer: undefined when it gives one, else the reason why not. */
  probe(): Promise<DenyReason | undefined>;
  /** What each serving process has counted since its start. */
  metrics(): Promise<readonly Families[]>;
  /** Puts other settings in place; the listener stays. */
  reload(settings: Settings, means: M): Promise<void>;
  /** Stops accepting and finishes what runs (at most `drainMs`). */
  stop(): Promise<void>;
}

/** Monotonic milliseconds: the clock of durations and timeouts. */
export const tick = (): number => performance.now();

/**
 * @param observers are told of every request
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startServing(
  initial: Settings,
  means: Means,
  observers: readonly Observer[],
  report: (line: string) => void,
): Promise<Serving<Means>> {
  let settings = initial;
  let draining = false;
  const metrics = createRequestMetrics();
  const recorder = createRecorder({ observers: [...observers, metrics.observe], now: Date.now, tick });
  const say = createSeldomReport(report, tick);
  let clients = compileClients(settings.clients);
  const connections = new Connections({
    isDraining: () => draining,
    refusedPerConnection: () => settings.limits.refusedPerConnection,
    skipTurn: () => acceptedBy(server).holdReading(),
  });
  const open = (next: Settings, by: Means, before?: Guarded): Guarded =>
    openGuarded(
      next,
      by,
      { recorder, connectionOf: connections.of, clients, guard: by.guard, say, canRecord: by.canRecord },
      before,
    );
  let guarded = open(settings, means);
  const server = createHttpServer(settings, means.tls.guarded, {
    connections,
    recorder,
    handle: (req, res) => guarded.handle(req, res),
    clients: () => clients,
    allowedMethods: () => guarded.profile.methods,
  });
  try {
    await listenOn(server, settings.listen, LISTEN_SETTING);
  } catch (error) {
    guarded.broker.close(true);
    throw error;
  }
  return {
    listen: boundAddress(server, settings.listen),
    probe: () => guarded.probe(),
    metrics: async () => [await metrics.read(guarded.broker.upstream.load)],
    async reload(changed, next) {
      const { broker: replaced } = guarded;
      clients = compileClients(changed.clients);
      guarded = open(changed, next, guarded);
      renewTls(server, next.tls.guarded);
      settings = changed;
      setTimes(server, settings);
      replaced.close(false, guarded.broker);
    },
    async stop() {
      draining = true;
      await closeServer(server, settings.drainMs);
      guarded.broker.close(true);
    },
  };
}
