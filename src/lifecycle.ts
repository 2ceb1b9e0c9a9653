// A guard from start to stop: opens the listeners, puts other settings in place (SIGHUP), drains (SIGTERM).
// The request's way itself is in server.ts.
import http from 'node:http';
import type { AuditLog } from './audit/log.ts';
import { formatAddress, type ListenAddress } from './config/address.ts';
import type { Settings } from './config/settings.ts';
import { createReadiness, type Readiness } from './endpoints/readiness.ts';
import { createServiceApp } from './endpoints/service.ts';
import { createFrontServer, idleLimitMs, prepareTls } from './front.ts';
import { toJwkSetText } from './keystore/jwks.ts';
import { boundAddress, closeServer, listenOn } from './listener.ts';
import { openGuarded, tick } from './server.ts';
import { createTrail } from './trail.ts';

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
export async function startGuard(
  initial: Settings,
  audit: AuditLog,
  report: (line: string) => void,
): Promise<RunningGuard> {
  let settings = initial;
  let draining = false;
  const trail = createTrail({ write: audit.write, now: Date.now, tick, isDraining: () => draining });
  const front = createFrontServer(settings, trail, () => guarded);
  let guarded = await openGuarded(settings, trail, report);
  const readiness = createReadiness({
    usableIssuers: () => guarded.keys.usableIssuers(),
    probe: () => guarded.probe(),
    isDraining: () => draining,
  });
  const jwks = () => toJwkSetText(guarded.keys.snapshot(), settings.token.algorithms[0] as string);
  const service = http.createServer(createServiceApp({ readiness, jwks }).callback());
  try {
    await listenOn(front, settings.listen, 'guard.listen or give --listen');
    await listenOn(service, settings.service, 'guard.service.listen or give --service-listen');
  } catch (error) {
    await Promise.all([closeServer(front, 0), guarded.close(true)]);
    throw error;
  }
  return {
    listen: boundAddress(front, settings.listen),
    service: boundAddress(service, settings.service),
    readiness,
    async reload(changed) {
      const renewTls = prepareTls(front, changed);
      const opened = await openGuarded(changed, trail, report, guarded);
      if (draining) return opened.close(true, guarded);
      const replaced = guarded;
      guarded = opened;
      renewTls();
      reportFixed(initial, changed, report);
      settings = changed;
      front.setTimeout(idleLimitMs(settings));
      replaced.close(false, guarded);
    },
    async stop() {
      draining = true;
      await closeServer(front, settings.drainMs);
      await Promise.all([closeServer(service, 0), guarded.close(true)]);
    },
  };
}

/** Listeners are opened once, with the settings of the start: what a reload cannot change is said aloud. */
function reportFixed(before: Settings, after: Settings, report: (line: string) => void): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', formatAddress(before.listen) !== formatAddress(after.listen)],
    ['guard.service.listen', formatAddress(before.service) !== formatAddress(after.service)],
    // Other files are read; the switch from http to https is not made.
    ['guard.tls', (before.tls === undefined) !== (after.tls === undefined)],
  ];
  for (const [name, changed] of fixed)
    if (changed) report(`${name} changed: restart the guard for it to take effect`);
}
