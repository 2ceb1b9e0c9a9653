// A guard from start to stop: keys, the guarded listener, the service listener; puts other settings in place
// (SIGHUP), drains (SIGTERM). The request's way itself is in server.ts.
import http from 'node:http';
import { formatAddress, type ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { createReadiness, type Readiness } from '../endpoints/readiness.ts';
import { createServiceApp } from '../endpoints/service.ts';
import { Failure } from '../failure.ts';
import { toJwkSetText } from '../keystore/jwks.ts';
import { type KeyStore, openKeyStore } from '../keystore/store.ts';
import { readTls } from '../listener/http-server.ts';
import { boundAddress, closeServer, listenOn } from '../listener/sockets.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { type Means, type Serving, startServing } from './serving.ts';
import { startWorkers } from './workers/pool.ts';

type Report = (line: string) => void;

export interface RunningGuard {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  readonly service: ListenAddress;
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
  let keys = await openKeys(settings, report);
  const serving = await serve(settings, { keys, tls }, audit, report).catch((error: unknown) => {
    keys.close();
    throw error;
  });
  const readiness = createReadiness({
    usableIssuers: () => keys.usableIssuers(),
    probe: () => serving.probe(),
    isDraining: () => draining,
  });
  const jwks = () => toJwkSetText(keys.snapshot(), settings.token.algorithms[0] as string);
  const service = http.createServer(createServiceApp({ readiness, jwks }).callback());
  try {
    await listenOn(service, settings.service, 'guard.service.listen or give --service-listen');
  } catch (error) {
    await serving.stop();
    keys.close();
    throw error;
  }
  return {
    listen: serving.listen,
    service: boundAddress(service, settings.service),
    readiness,
    async reload(wanted) {
      const changed = keepFixed(settings, wanted);
      refuseStarvation(changed);
      const renewed = wanted.tls === undefined ? tls : readTls(changed);
      const opened = await openKeys(changed, report);
      if (draining) return opened.close();
      await serving.reload(changed, { keys: opened, tls: renewed });
      keys.close();
      keys = opened;
      tls = renewed;
      // Workers may take a while: the end may have come meanwhile, for the keys of before.
      if (draining) keys.close();
      reportFixed(initial, wanted, report);
      settings = changed;
    },
    async stop() {
      draining = true;
      await serving.stop();
      await closeServer(service, 0);
      keys.close();
    },
  };
}

/** In this process, or in several: `guard.workers`. */
function serve(
  settings: Settings,
  means: Means<KeyStore>,
  audit: AuditLog,
  report: Report,
): Promise<Serving<KeyStore>> {
  return settings.workers > 1
    ? startWorkers(settings, means, audit, report)
    : startServing(settings, means, audit.write, report);
}

const openKeys = (settings: Settings, report: Report): Promise<KeyStore> =>
  openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    report,
  });

/** Listeners and workers are those of the start: a reload leaves them as they are. */
function keepFixed(before: Settings, after: Settings): Settings {
  const { listen, service, workers } = before;
  // Other files are read; the switch from http to https is not made.
  return { ...after, listen, service, workers, tls: before.tls && (after.tls ?? before.tls) };
}

/** What a reload cannot change is said aloud. */
function reportFixed(before: Settings, after: Settings, report: Report): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', formatAddress(before.listen) !== formatAddress(after.listen)],
    ['guard.service.listen', formatAddress(before.service) !== formatAddress(after.service)],
    ['guard.tls', (before.tls === undefined) !== (after.tls === undefined)],
    ['guard.workers', before.workers !== after.workers],
  ];
  for (const [name, changed] of fixed)
    if (changed) report(`${name} changed: restart the guard for it to take effect`);
}

/** @throws Failure where the settings of the file are sound, but not for the workers that run */
function refuseStarvation({ workers, upstream }: Settings): void {
  if (upstream.maxConnections >= workers) return;
  const what = `http_server.limit_conn is less than the ${workers} workers that run`;
  throw new Failure(
    'settings_invalid',
    `${what}: every worker needs a connection to the broker. Restart the guard.`,
  );
}
