// The guarded listener and everything behind it, as far as one process has it: opens it, puts other settings in
// place, drains it. Where several processes share the work, each has one of these (workers/).
import type { Server } from 'node:http';
import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import type { DenyReason } from '../decision.ts';
import type { Guard } from '../guard.ts';
import { type Clients, compileClients } from '../http/client-address.ts';
import { acceptedBy } from '../listener/accepted.ts';
import { Connections } from '../listener/connection.ts';
import { createHttpServer } from '../listener/http-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { setTimes } from '../listener/timeouts.ts';
import { renewTls } from '../listener/tls.ts';
import type { Families } from '../observe/metrics/families.ts';
import { createRequestMetrics } from '../observe/metrics/request-metrics.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder, type Recorder } from '../observe/recorder.ts';
import { createSeldomReport, type SeldomReport } from '../observe/seldom.ts';
import { type Guarded, openGuarded } from './guarded.ts';
import { LISTEN_SETTING, type Serving, tick } from './serving.ts';
import type { Share } from './share.ts';
import type { TlsFiles } from './tls-files.ts';

/** The part that a serving process needs. */
export interface Means {
  readonly guard: Guard;
  readonly tls: Omit<TlsFiles, 'service'>;
  readonly share: Share;
  /** Whether audit records can be written at the moment. */
  readonly canRecord: () => boolean;
}

/**
 * @param observers are told of every request
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startServing(
  settings: Settings,
  means: Means,
  observers: readonly Observer[],
  report: (line: string) => void,
): Promise<Serving<Means>> {
  const listener = new GuardedListener(settings, means, observers, report);
  return {
    listen: await listener.start(),
    probe: () => listener.probe(),
    metrics: () => listener.metrics(),
    reload: (...to) => listener.reload(...to),
    stop: () => listener.stop(),
  };
}

/** As one reading of the settings has it. */
interface InPlace {
  readonly settings: Settings;
  readonly clients: Clients;
  readonly guarded: Guarded;
}

class GuardedListener {
  readonly #metrics = createRequestMetrics();
  readonly #recorder: Recorder;
  readonly #say: SeldomReport;
  readonly #connections: Connections;
  readonly #server: Server;
  #inPlace: InPlace;
  #isDraining = false;

  constructor(
    settings: Settings,
    means: Means,
    observers: readonly Observer[],
    report: (line: string) => void,
  ) {
    this.#recorder = createRecorder({
      observers: [...observers, this.#metrics.observe],
      now: Date.now,
      tick,
    });
    this.#say = createSeldomReport(report, tick);
    this.#connections = new Connections({
      isDraining: () => this.#isDraining,
      refusedPerConnection: () => this.#inPlace.settings.limits.refusedPerConnection,
      skipTurn: () => acceptedBy(this.#server).holdReading(),
    });
    this.#inPlace = this.#open(settings, means);
    this.#server = createHttpServer(settings, means.tls.guarded, {
      connections: this.#connections,
      recorder: this.#recorder,
      handle: (req, res) => this.#inPlace.guarded.handle(req, res),
      clients: () => this.#inPlace.clients,
      allowedMethods: () => this.#inPlace.guarded.profile.methods,
    });
  }

  async start(): Promise<ListenAddress> {
    const { settings, guarded } = this.#inPlace;
    try {
      await listenOn(this.#server, settings.listen, LISTEN_SETTING);
    } catch (error) {
      guarded.broker.close(true);
      throw error;
    }
    return boundAddress(this.#server, settings.listen);
  }

  probe(): Promise<DenyReason | undefined> {
    return this.#inPlace.guarded.probe();
  }

  async metrics(): Promise<readonly Families[]> {
    return [await this.#metrics.read(this.#inPlace.guarded.broker.upstream.load)];
  }

  async reload(settings: Settings, means: Means): Promise<void> {
    const { guarded: replaced } = this.#inPlace;
    this.#inPlace = this.#open(settings, means, replaced);
    renewTls(this.#server, means.tls.guarded);
    setTimes(this.#server, settings);
    replaced.broker.close(false, this.#inPlace.guarded.broker);
  }

  async stop(): Promise<void> {
    this.#isDraining = true;
    await closeServer(this.#server, this.#inPlace.settings.drainMs);
    this.#inPlace.guarded.broker.close(true);
  }

  /** @param before whose connections to the broker, and counts of callers, are taken over */
  #open(settings: Settings, means: Means, before?: Guarded): InPlace {
    const { guard, canRecord } = means;
    const clients = compileClients(settings.clients);
    const connectionOf = this.#connections.of;
    const parts = { recorder: this.#recorder, say: this.#say, connectionOf, clients, guard, canRecord };
    return { settings, clients, guarded: openGuarded(settings, means, parts, before) };
  }
}
