// How long a client of either listener may take for what.
import type http from 'node:http';
import type { Settings } from '../config/settings.ts';

export const TIMEOUTS: http.ServerOptions = {
  // A head that trickles in must not hold a connection (slow-loris); a body is watched by idleLimitMs.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
};

/** Timers of the way to the broker may be this late. */
const TIMER_SLACK_MS = 1000;

/** What a request may take besides its body: those before it on its connection, a broker that is slow to take it. */
const LONGEST_WAIT_MS = 300_000;

/** The times that go by the settings; a body has its own, `guard.limits.upload`, once it is read. */
export function setTimes(server: http.Server, settings: Settings): void {
  server.setTimeout(idleLimitMs(settings));
  server.requestTimeout = settings.limits.uploadMs + LONGEST_WAIT_MS;
}

/**
 * Inactivity that none of the broker's own timeouts can explain: a wait in line, a body that the broker does not
 * take, its answer. Shorter, it would cut the connection before the 503 or 504 is written.
 */
function idleLimitMs({ upstream }: Settings): number {
  return 2 * (upstream.headersTimeoutMs + upstream.bodyTimeoutMs) + TIMER_SLACK_MS;
}
