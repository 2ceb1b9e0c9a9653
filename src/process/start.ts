// A guard from start to stop: the core, the guarded listener, the service listener; puts other settings in place
// (SIGHUP), drains (SIGTERM). The request's way itself is in server.ts.
import { isDeepStrictEqual } from 'node:util';
import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { type Core, openCore } from '../core.ts';
import { createReadiness, type Readiness } from '../endpoints/readiness.ts';
import { createServiceApp } from '../endpoints/service.ts';
import { Failure } from '../failure.ts';
import type { Snapshot } from '../keystore/snapshot.ts';
import { maxHeadBytes } from '../listener/http-server.ts';
import { createServiceServer, limitServiceServer } from '../listener/service-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { readTls } from '../listener/tls.ts';
import { type MqttDoor, openDoor } from '../mqtt/door.ts';
import { type MqttGuard, openMqttGuard } from '../mqtt/mqtt-guard.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { auditObserver } from '../observe/audit/record.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder } from '../observe/recorder.ts';
import { createSeldomReport } from '../observe/seldom.ts';
import { describePolicy } from '../policy/describe.ts';
import { CoreChanges } from './changes.ts';
import { openHooked } from './hooked.ts';
import { describeKeyChanges } from './key-records.ts';
import { createMetricsPage } from './metrics.ts';
import { type Opened, SERVICE_SETTING, type Serving, startServing, tick } from './serving.ts';
import { WHOLE } from './share.ts';
import { startWorkers } from './workers/pool.ts';

type Report = (line: string) => void;

export interface RunningGuard {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  readonly service: ListenAddress;
  /** Judges MQTT clients by the settings of the moment. */
  readonly mqtt: MqttDoor;
  /** What `/readyz` would say now. */
  readiness(): Promise<Readiness>;
  /** Puts other settings in place; the listeners stay. A failure leaves everything as it was. */
  reload(settings: Settings): Promise<void>;
  /** Not ready, stop accepting, finish what runs (at most `drainMs`). */
  stop(): Promise<void>;
}

/**
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startGuard(initial: Settings, audit: AuditLog, report: Report): Promise<RunningGuard> {
  let settings = initial;
  let draining = false;
  let tls = readTls(settings);
  let core = await openCore(settings, { now: Date.now, report });
  const serving = await serve(settings, { core, tls }, audit, report).catch((error: unknown) => {
    core.close();
    throw error;
  });
  const readiness = createReadiness({
    usableIssuers: () => core.keys.usableIssuers(),
    probe: () => serving.probe(),
    isDraining: () => draining,
  });
  let keyReloads = 0;
  let known = core.keys.snapshot();
  const noteKeys = (snapshot: Snapshot): void => {
    keyReloads++;
    const time = new Date().toISOString();
    for (const record of describeKeyChanges(known, snapshot, time)) audit.write(record);
    known = snapshot;
  };
  core.keys.follow(noteKeys);
  const metrics = createMetricsPage({
    core: () => core,
    tls: () => tls,
    keyReloads: () => keyReloads,
    audit,
    served: () => serving.metrics(),
    hooks: () => hooked.metrics(),
  });
  const recorder = createRecorder({ observers: [auditRefusals(audit)], now: Date.now, tick });
  let mqtt = openMqtt(settings, core, report);
  const changes = new CoreChanges(core, audit, Date.now);
  const say = createSeldomReport(report, tick);
  const hooked = openHooked({ guard: () => mqtt, settings: () => settings, audit, say, now: Date.now });
  const app = createServiceApp({
    recorder,
    say,
    readiness,
    metrics,
    core: () => core,
    settings: () => settings,
    addRoutes: hooked.addRoutes,
  });
  const service = createServiceServer(settings, app.callback());
  try {
    await listenOn(service, settings.service, SERVICE_SETTING);
  } catch (error) {
    hooked.stop();
    await serving.stop();
    mqtt.close();
    core.close();
    throw error;
  }
  reportPolicy(core, report);
  return {
    listen: serving.listen,
    service: boundAddress(service, settings.service),
    mqtt: openDoor(
      () => mqtt,
      createRecorder({ observers: [auditObserver(audit.write)], now: Date.now, tick }),
      changes,
    ),
    readiness,
    async reload(wanted) {
      const changed = keepFixed(settings, wanted);
      refuseStarvation(changed);
      const renewed = wanted.tls === undefined ? tls : readTls(changed);
      const { revocations } = core;
      const opened = await openCore(changed, { now: Date.now, report, revocations });
      if (draining) return opened.close();
      await serving.reload(changed, { core: opened, tls: renewed });
      core.close(opened);
      mqtt.close();
      core = opened;
      noteKeys(core.keys.snapshot());
      core.keys.follow(noteKeys);
      mqtt = openMqtt(changed, core, report);
      changes.take(core);
      tls = renewed;
      // If the guard was stopped meanwhile, stop() has closed the old core: the new one is closed here.
      if (draining) core.close();
      reportFixed(initial, wanted, report);
      reportPolicy(core, report);
      const before = settings;
      settings = changed;
      hooked.reload(before);
      limitServiceServer(service, settings);
    },
    async stop() {
      draining = true;
      hooked.stop();
      await serving.stop();
      await closeServer(service, 0);
      mqtt.close();
      core.close();
    },
  };
}

/** The same keys and revocations as for the HTTP door. */
function openMqtt({ mqtt, token }: Settings, core: Core, report: Report): MqttGuard {
  const { keys, policy, revocations } = core;
  const { lookup } = keys;
  return openMqttGuard({ settings: mqtt, token, lookup, policy, revocations, now: Date.now, report });
}

/** Who may do what, once it is in place. */
function reportPolicy({ settings, keys }: Core, report: Report): void {
  const { policy, token } = settings;
  for (const line of describePolicy(policy, keys.snapshot(), token.maxLifetimeSeconds)) report(line);
}

/** In this process, or in several: `guard.workers`. */
async function serve(
  settings: Settings,
  opened: Opened,
  audit: AuditLog,
  report: Report,
): Promise<Serving<Opened>> {
  if (settings.workers > 1) return startWorkers(settings, opened, audit, report);
  const canRecord = () => audit.available.current();
  const toMeans = ({ core, tls }: Opened) => ({ guard: core.guard, tls, share: WHOLE, canRecord });
  const serving = await startServing(settings, toMeans(opened), [auditObserver(audit.write)], report);
  return { ...serving, reload: (changed, next) => serving.reload(changed, toMeans(next)) };
}

/** Health checks and reads of public keys are too frequent to record; what fails there is recorded. */
function auditRefusals(audit: AuditLog): Observer {
  const observe = auditObserver(audit.write);
  return (seen) => {
    if (seen.denial !== undefined) observe(seen);
  };
}

/** Listeners and workers are those of the start: a reload leaves them as they are. */
function keepFixed(before: Settings, after: Settings): Settings {
  const { listen, service, workers } = before;
  // Other files are read; the switch from http to https is not made.
  return { ...after, listen, service, workers, tls: before.tls && (after.tls ?? before.tls) };
}

/** Reports what a reload cannot change. */
function reportFixed(before: Settings, after: Settings, report: Report): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', !isDeepStrictEqual(before.listen, after.listen)],
    ['guard.service.listen', !isDeepStrictEqual(before.service, after.service)],
    ['guard.tls', (before.tls === undefined) !== (after.tls === undefined)],
    ['guard.workers', before.workers !== after.workers],
    ['guard.token.max_bytes', maxHeadBytes(before) < maxHeadBytes(after)],
  ];
  for (const [name, changed] of fixed)
    if (changed) report(`${name} changed: restart the guard for it to take effect`);
}

/** @throws Failure where the settings of the file are sound, but not for the workers that run */
function refuseStarvation({ workers, upstream }: Settings): void {
  if (upstream.maxConnections >= workers) return;
  const what = `guard.upstream.connections is less than the ${workers} workers that run`;
  throw new Failure(
    'settings_invalid',
    `${what}: every worker needs a connection to the broker. Restart the guard.`,
  );
}
