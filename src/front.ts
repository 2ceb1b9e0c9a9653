// The guarded listener: Node's HTTP server, set up so that every refusal, even of what never becomes a
// request, is the guard's own and leaves its record.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Settings } from './config/settings.ts';
import { type Denial, deny } from './decision.ts';
import { Failure } from './failure.ts';
import { explainParserError, refuseOnSocket } from './http/broken-request.ts';
import type { Guarded } from './server.ts';

const OPTIONS: http.ServerOptions = {
  maxHeaderSize: 16 * 1024,
  // A head that trickles in must not hold a connection (slow-loris); a body is watched by idleLimitMs.
  headersTimeout: 10_000,
  requestTimeout: 0,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
  // Judged with the rest of the head, so that the answer is the guard's own.
  requireHostHeader: false,
  insecureHTTPParser: false,
};

/**
 * A server that is not listening yet.
 * @param current the guard of this moment: a reload puts another in its place
 * @throws Failure where the TLS files cannot be read
 */
export function createFrontServer(settings: Settings, current: () => Guarded): http.Server {
  const server = settings.tls ? createTlsServer(settings.tls) : http.createServer(OPTIONS);
  server.setTimeout(idleLimitMs(settings));
  const handle: http.RequestListener = (req, res) => current().handle(req, res);
  server.on('request', handle);
  // `100 Continue` is answered after the token is judged, not by Node at once.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('connect', (req, socket: Socket) => {
    refuseBroken(current(), socket, req.method, deny('method_not_allowed'));
  });
  server.on('clientError', (error, socket: Socket) => {
    refuseBroken(current(), socket, undefined, explainParserError(error));
  });
  return server;
}

/** Inactivity that none of the broker's own timeouts can explain. */
function idleLimitMs({ upstream }: Settings): number {
  return upstream.connectTimeoutMs + upstream.headersTimeoutMs + upstream.bodyTimeoutMs;
}

/** A connection that cannot go on: answered while nothing has been answered on it, and ended. */
function refuseBroken(
  { trail, profile }: Guarded,
  socket: Socket,
  method: string | undefined,
  denial: Denial | undefined,
): void {
  const underway = trail.current(socket);
  if (denial === undefined || underway?.res.headersSent) {
    socket.destroy();
    return;
  }
  if (underway !== undefined) underway.denial = denial;
  const requestId = underway?.id ?? trail.recordBroken(socket.remoteAddress, method, denial);
  refuseOnSocket(socket, denial, { requestId, allowedMethods: profile.methods });
}

function createTlsServer({ certificateFile, keyFile }: NonNullable<Settings['tls']>): https.Server {
  const cert = readTlsFile(certificateFile, 'guard.tls.certificate');
  const key = readTlsFile(keyFile, 'guard.tls.key');
  try {
    return https.createServer({ ...OPTIONS, cert, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    const why = 'guard.tls: the files are not a PEM certificate and the private key that belongs to it';
    throw new Failure('settings_invalid', why, { cause: error });
  }
}

function readTlsFile(file: string, setting: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('settings_unreadable', `${setting}: ${file} cannot be read (${code})`, {
      cause: error,
    });
  }
}
