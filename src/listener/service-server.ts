// The service listener: Node's HTTP server with the guarded one's timeouts and a bound of its own on connections, so that
// whoever can reach it cannot take the descriptors of the guarded one. Is handed whoever answers.
import http from 'node:http';
import type { Settings } from '../config/settings.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { TellBroken } from './handshake.ts';
import { setTimes, TIMEOUTS } from './timeouts.ts';
import { createTlsServer, type TlsMaterial } from './tls.ts';

/**
 * A server that is not listening yet.
 * @param tls of `guard.service.tls`; http without it
 */
export function createServiceServer(
  settings: Settings,
  tls: TlsMaterial | undefined,
  recorder: Recorder,
  handle: http.RequestListener,
): http.Server {
  const server = tls ? createTlsServer(TIMEOUTS, tls, tellTo(recorder)) : http.createServer(TIMEOUTS);
  server.on('request', handle);
  limitServiceServer(server, settings);
  return server;
}

const tellTo =
  (recorder: Recorder): TellBroken =>
  ({ remoteAddress }, denial, answer) =>
    recorder.tellBroken(remoteAddress, undefined, denial, answer);

/** Puts the bounds of other settings in place, for the connections to come. */
export function limitServiceServer(server: http.Server, settings: Settings): void {
  server.maxConnections = settings.serviceClients.maxConnections;
  setTimes(server, settings);
}
