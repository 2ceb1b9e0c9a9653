// The service listener of a running guard, over what is in place at the moment.
import type { ListenAddress } from '../config/address.ts';
import { createReadiness, type Readiness } from '../endpoints/readiness.ts';
import { createServiceApp } from '../endpoints/service.ts';
import { createServiceServer, limitServiceServer } from '../listener/service-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { renewTls } from '../listener/tls.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { auditObserver } from '../observe/audit/record.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder } from '../observe/recorder.ts';
import type { CoreChanges } from './changes.ts';
import type { Hooked } from './hooked.ts';
import { createMetricsPage } from './metrics.ts';
import { type Opened, SERVICE_SETTING, type Serving, tick } from './serving.ts';
import type { GuardState, Setup, Surroundings } from './setup.ts';

/** What it shows and asks. */
export interface ServiceSources {
  readonly state: GuardState;
  readonly serving: Serving<Opened>;
  readonly changes: CoreChanges;
  readonly hooked: Hooked;
}

export interface Service {
  /** Where it really listens. */
  readonly listen: ListenAddress;
  readiness(): Promise<Readiness>;
  /** Puts another setup in place, for the connections to come. */
  take(setup: Setup): void;
  close(): Promise<void>;
}

/** @throws Failure naming the setting to change */
export async function openService(sources: ServiceSources, around: Surroundings): Promise<Service> {
  const { state, hooked } = sources;
  const { audit, say, now } = around;
  const recorder = createRecorder({ observers: [auditRefusals(audit)], now, tick });
  const readiness = openReadiness(sources);
  const app = createServiceApp({
    recorder,
    say,
    readiness,
    metrics: openMetrics(sources, audit),
    core: () => state.setup.core,
    settings: () => state.setup.settings,
    addRoutes: hooked.addRoutes,
  });
  const { settings, tls } = state.setup;
  const server = createServiceServer(settings, tls.service, recorder, app.callback());
  await listenOn(server, settings.service, SERVICE_SETTING);
  return {
    listen: boundAddress(server, settings.service),
    readiness,
    take(setup) {
      renewTls(server, setup.tls.service);
      limitServiceServer(server, setup.settings);
    },
    close: () => closeServer(server, 0),
  };
}

const openReadiness = ({ state, serving }: ServiceSources) =>
  createReadiness({
    usableIssuers: () => state.setup.core.keys.usableIssuers(),
    probe: () => serving.probe(),
    isDraining: () => state.isDraining,
  });

const openMetrics = ({ state, serving, changes, hooked }: ServiceSources, audit: AuditLog) =>
  createMetricsPage({
    core: () => state.setup.core,
    tls: () => state.setup.tls,
    keyReloads: () => changes.keyChanges,
    audit,
    served: () => serving.metrics(),
    hooks: () => hooked.metrics(),
  });

/** Health checks and reads of public keys are too frequent to record; what fails there is recorded. */
function auditRefusals(audit: AuditLog): Observer {
  const observe = auditObserver(audit.write);
  return (seen) => {
    if (seen.denial !== undefined) observe(seen);
  };
}
