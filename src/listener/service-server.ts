// The service listener: Node's HTTP server with the guarded one's timeouts and a bound of its own on connections, so that
// whoever can reach it cannot take the descriptors of the guarded one. Is handed whoever answers.
import http from 'node:http';
import type { Settings } from '../config/settings.ts';
import { setTimes, TIMEOUTS } from './timeouts.ts';

/** A server that is not listening yet. */
export function createServiceServer(settings: Settings, handle: http.RequestListener): http.Server {
  const server = http.createServer(TIMEOUTS, handle);
  limitServiceServer(server, settings);
  return server;
}

/** Puts the bounds of other settings in place, for the connections to come. */
export function limitServiceServer(server: http.Server, settings: Settings): void {
  server.maxConnections = settings.serviceClients.maxConnections;
  setTimes(server, settings);
}
