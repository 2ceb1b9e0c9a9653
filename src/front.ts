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
import type { Exchange } from './http/exchange.ts';
import type { Profile } from './proxy/profile.ts';
import type { Guarded } from './server.ts';
import type { Trail } from './trail.ts';

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
export function createFrontServer(settings: Settings, trail: Trail, current: () => Guarded): http.Server {
  const server = settings.tls ? createTlsServer(settings.tls) : http.createServer(OPTIONS);
  server.setTimeout(idleLimitMs(settings));
  const handle = takeTurns((req, res) => {
    // RFC 9112 §9.6: after an answer that closes, what a client has pipelined is not processed.
    if (trail.current(req.socket)?.closing !== true) current().handle(req, res);
  });
  server.on('request', handle);
  // `100 Continue` is answered after the token is judged, not by Node at once.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('connect', (req, socket: Socket) => {
    refuseBroken(trail, current().profile, socket, req.method, deny('method_not_allowed'));
  });
  server.on('clientError', (error, socket: Socket) => {
    refuseBroken(trail, current().profile, socket, undefined, explainParserError(error));
  });
  return server;
}

/**
 * Pipelined requests are handled one after the other: the second may depend on what the first has changed
 * (RFC 9112 §9.3.2), one connection must not take every connection to the broker, and Node never closes a
 * response whose turn has not come, so that nobody would learn of the client's leaving.
 */
function takeTurns(handle: http.RequestListener): http.RequestListener {
  const last = new WeakMap<Socket, http.ServerResponse>();
  return (req, res) => {
    const before = last.get(req.socket);
    last.set(req.socket, res);
    if (before === undefined || before.closed) {
      handle(req, res);
      return;
    }
    before.once('close', () => {
      if (!req.socket.destroyed) handle(req, res);
    });
  };
}

/** Timers of the way to the broker may be this late. */
const TIMER_SLACK_MS = 1000;

/**
 * Inactivity that none of the broker's own timeouts can explain: a wait in line, a call and its one retry,
 * a body that stalls. Shorter, it would cut the connection before the 503 or 504 is written.
 */
export function idleLimitMs({ upstream }: Settings): number {
  const { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = upstream;
  return headersTimeoutMs + 2 * (connectTimeoutMs + headersTimeoutMs) + bodyTimeoutMs + TIMER_SLACK_MS;
}

/**
 * A connection that cannot go on: answered where the answer's turn has come and nothing of it is out, and
 * ended. What follows a whole request is not that request's fault: it gets a record of its own.
 */
function refuseBroken(
  trail: Trail,
  profile: Profile,
  socket: Socket,
  method: string | undefined,
  denial: Denial | undefined,
): void {
  const underway = trail.current(socket);
  // Its answer goes out, and then the connection ends anyway.
  if (denial !== undefined && underway?.closing) return;
  if (denial === undefined) {
    socket.destroy();
    return;
  }
  const isOwn = underway === undefined || underway.req.complete;
  const requestId = isOwn ? trail.recordBroken(socket.remoteAddress, method, denial) : underway.id;
  if (underway !== undefined && !isOwn && !underway.res.headersSent) underway.denial = denial;
  if (underway !== undefined && !isAnswerable(underway)) socket.destroy();
  else refuseOnSocket(socket, denial, { requestId, allowedMethods: profile.methods });
}

/** Its body broke off, and nothing is answered yet. */
function isAnswerable({ req, res }: Exchange): boolean {
  return !req.complete && !res.headersSent;
}

/**
 * Reads the certificate and its key as the start would, without listening.
 * @throws Failure where `guard.tls` cannot work
 */
export function checkTls({ tls }: Settings): void {
  if (tls !== undefined) createTlsServer(tls);
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
