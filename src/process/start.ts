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
import { certificateEnd, formatDay } from '../listener/certificate-time.ts';
import { maxHeadBytes } from '../listener/http-server.ts';
import { createServiceServer, limitServiceServer } from '../listener/service-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import { renewTls } from '../listener/tls.ts';
import { type MqttDoor, openDoor } from '../mqtt/door.ts';
import { type MqttGuard, openMqttGuard } from '../mqtt/mqtt-guard.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { auditObserver } from '../observe/audit/record.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder } from '../observe/recorder.ts';
import { createSeldomReport } from '../observe/seldom.ts';
import { describePolicy } from '../policy/describe.ts';
import { CoreChanges } from './changes.ts';
import { startServing } from './guarded-listener.ts';
import { openHooked } from './hooked.ts';
import { describeKeyChanges } from './key-records.ts';
import { createMetricsPage } from './metrics.ts';
import { type Opened, SERVICE_SETTING, type Serving, tick } from './serving.ts';
import { WHOLE } from './share.ts';
import { followTlsFiles, readTlsFiles, type TlsFiles, type TlsNames } from './tls-files.ts';
import { takeTurns } from './turns.ts';
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
  let tls = readTlsFiles(settings);
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
    const records = describeKeyChanges(known, snapshot, new Date().toISOString());
    for (const record of records) audit.write(record);
    if (records.length > 0) keyReloads++;
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
  const service = createServiceServer(settings, tls.service, recorder, app.callback());
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
  const inTurn = takeTurns();
  /** Renewed files are put in place as a reload of the same settings. */
  const follow = (names: Settings) =>
    followTlsFiles(
      names,
      tls,
      (files) =>
        void inTurn(async () => {
          if (draining || settings !== names) return;
          await serving.reload(settings, { core, tls: files });
          renewTls(service, files.service);
          tls = files;
          report(describeRenewal(files));
        }),
      report,
    );
  let tlsFollower = await follow(settings);
  const put = async (wanted: Settings): Promise<void> => {
    const changed = keepFixed(settings, wanted);
    refuseStarvation(changed);
    const renewed = readKept(changed, wanted, tls);
    const { revocations } = core;
    const opened = await openCore(changed, { now: Date.now, report, revocations });
    if (draining) return opened.close();
    await serving.reload(changed, { core: opened, tls: renewed });
    renewTls(service, renewed.service);
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
    tlsFollower.close();
    tlsFollower = await follow(settings);
    if (draining) tlsFollower.close();
  };
  return {
    listen: serving.listen,
    service: boundAddress(service, settings.service),
    mqtt: openDoor(
      () => mqtt,
      createRecorder({ observers: [auditObserver(audit.write)], now: Date.now, tick }),
      changes,
    ),
    readiness,
    reload: (wanted) => inTurn(() => put(wanted)),
    async stop() {
      draining = true;
      tlsFollower.close();
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
  const tls = keepTls(before.tls, after.tls);
  const serviceTls = keepTls(before.serviceTls, after.serviceTls);
  return { ...after, listen, service, workers, tls, serviceTls };
}

/** Other files are read; the switch from http to https is not made, nor that to clients with certificates. */
const keepTls = (before: Settings['tls'], after: Settings['tls']): Settings['tls'] =>
  isSameTls(before, after) ? after : before;

const isSameTls = (before: Settings['tls'], after: Settings['tls']): boolean =>
  (before === undefined) === (after === undefined) &&
  (before?.clientCaFile === undefined) === (after?.clientCaFile === undefined);

/** Files that the settings name no longer may be gone: what was read of them stays in use. */
function readKept(changed: Settings, wanted: Settings, inUse: TlsFiles): TlsFiles {
  const isKept = (name: 'tls' | 'serviceTls') => changed[name] !== wanted[name];
  const names: TlsNames = {
    ...changed,
    ...(isKept('tls') && { tls: undefined }),
    ...(isKept('serviceTls') && { serviceTls: undefined }),
  };
  const read = readTlsFiles(names);
  return {
    guarded: isKept('tls') ? inUse.guarded : read.guarded,
    service: isKept('serviceTls') ? inUse.service : read.service,
    upstreamCa: read.upstreamCa,
  };
}

function describeRenewal({ guarded, service }: TlsFiles): string {
  const endMs = certificateEnd(guarded, service);
  const until = endMs === undefined ? '' : `, good until ${formatDay(endMs)}`;
  return `renewed TLS files are in place${until}`;
}

/** Reports what a reload cannot change. */
function reportFixed(before: Settings, after: Settings, report: Report): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', !isDeepStrictEqual(before.listen, after.listen)],
    ['guard.service.listen', !isDeepStrictEqual(before.service, after.service)],
    ['guard.tls', !isSameTls(before.tls, after.tls)],
    ['guard.service.tls', !isSameTls(before.serviceTls, after.serviceTls)],
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
