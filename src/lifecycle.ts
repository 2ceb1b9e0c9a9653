// A guard from start to stop: opens the listeners, puts other settings in place (SIGHUP), drains (SIGTERM).
// The request's way itself is in server.ts.
import http from 'node:http';
import type { AuditLog } from './audit/log.ts';
import { formatAddress, type ListenAddress } from './config/address.ts';
import type { Settings } from './config/settings.ts';
import { createReadiness } from './endpoints/readiness.ts';
import { createServiceApp } from './endpoints/service.ts';
import { createFrontServer } from './front.ts';
import { toJwkSet } from './keystore/jwks.ts';
import { boundAddress, closeServer, listenOn } from './listener.ts';
import { openGuarded } from './server.ts';

export interface RunningGuard {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  readonly service: ListenAddress;
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
  const front = createFrontServer(settings, () => guarded);
  let guarded = await openGuarded(settings, audit, report);
  let draining = false;
  const readiness = createReadiness({
    usableIssuers: () => guarded.keys.usableIssuers(),
    probe: () => guarded.probe(),
    isDraining: () => draining,
  });
  const jwks = () => toJwkSet(guarded.keys.snapshot(), settings.token.algorithms[0] as string);
  const service = http.createServer(createServiceApp({ readiness, jwks }).callback());
  try {
    await listenOn(front, settings.listen, 'guard.listen');
    await listenOn(service, settings.service, 'guard.service.listen');
  } catch (error) {
    await Promise.all([closeServer(front, 0), guarded.close(true)]);
    throw error;
  }
  return {
    listen: boundAddress(front, settings.listen),
    service: boundAddress(service, settings.service),
    async reload(changed) {
      const replaced = guarded;
      guarded = await openGuarded(changed, audit, report);
      reportFixed(settings, changed, report);
      settings = changed;
      await replaced.close(false);
    },
    async stop() {
      draining = true;
      await closeServer(front, settings.drainMs);
      await Promise.all([closeServer(service, 0), guarded.close(true)]);
    },
  };
}

/** Listeners are opened once: what a reload cannot change is said aloud. */
function reportFixed(before: Settings, after: Settings, report: (line: string) => void): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', formatAddress(before.listen) !== formatAddress(after.listen)],
    ['guard.service.listen', formatAddress(before.service) !== formatAddress(after.service)],
    ['guard.tls', JSON.stringify(before.tls) !== JSON.stringify(after.tls)],
  ];
  for (const [name, changed] of fixed)
    if (changed) report(`${name} changed: restart the guard for it to take effect`);
}
