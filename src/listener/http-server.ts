// The guarded listener: Node's HTTP server, set up so that every refusal, even of what never becomes a
// request, is the guard's own and leaves its record.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Settings } from '../config/settings.ts';
import { type Denial, deny } from '../decision.ts';
import { Failure } from '../failure.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Profile } from '../policy/profile.ts';
import type { Guarded } from '../server.ts';
import type { Trail } from '../trail.ts';
import { explainParserError, refuseOnSocket } from './broken-request.ts';

const OPTIONS: http.ServerOptions = {
  maxHeaderSize: 16 * 1024,
  // A head that trickles in must not hold a connection (slow-loris); a body is watched by idleLimitMs.
  headersTimeout: 10_000,
  // Nor may a body that drips: it holds a connection to the broker.
  requestTimeout: 300_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
  // Judged with the rest of the head, so that the answer is the guard's own.
  requireHostHeader: false,
  insecureHTTPParser: false,
};

/**
 * A server that is not listening yet.
 * @param tls what `readTls` has read; http without it
 * @param current the guard of this moment: a reload puts another in its place
 */
export function createFrontServer(
  settings: Settings,
  tls: TlsMaterial | undefined,
  trail: Trail,
  current: () => Guarded,
): http.Server {
  const server = tls ? https.createServer({ ...OPTIONS, ...toContext(tls) }) : http.createServer(OPTIONS);
  server.setTimeout(idleLimitMs(settings));
  const handle = takeTurns(
    (req, res) => {
      // RFC 9112 §9.6: after an answer that closes, what a client has pipelined is not processed.
      if (trail.current(req.socket)?.closing !== true) current().handle(req, res);
    },
    (socket) => {
      const denial = deny('request_malformed', `At most ${MAX_PIPELINED} requests in line.`);
      trail.recordBroken(socket.remoteAddress, undefined, denial);
      socket.destroy();
    },
  );
  server.on('request', handle);
  // `100 Continue` is answered after the token is judged, not by Node at once.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('connect', (req, socket: Socket) => {
    // Node takes its own listeners off a socket it hands over: a reset would otherwise end the process.
    socket.on('error', () => socket.destroy());
    refuseBroken(trail, current().profile, socket, req.method, deny('method_not_allowed'));
  });
  server.on('clientError', (error, socket: Socket) => {
    refuseBroken(trail, current().profile, socket, undefined, explainParserError(error));
  });
  return server;
}

/** Requests that one connection may have in line. Node would go on reading them for as long as they come. */
const MAX_PIPELINED = 100;

interface Line {
  last: http.ServerResponse;
  waiting: number;
}

/**
 * Pipelined requests are handled one after the other: the second may depend on what the first has changed
 * (RFC 9112 §9.3.2), one connection must not take every connection to the broker, and Node never closes a
 * response whose turn has not come, so that nobody would learn of the client's leaving.
 */
function takeTurns(handle: http.RequestListener, onFlood: (socket: Socket) => void): http.RequestListener {
  const lines = new WeakMap<Socket, Line>();
  return (req, res) => {
    const { socket } = req;
    // What was read before the connection was cut is still handed over.
    if (socket.destroyed) return;
    const line = lines.get(socket);
    if (line === undefined || line.last.closed) {
      if (line === undefined) lines.set(socket, { last: res, waiting: 0 });
      else line.last = res;
      handle(req, res);
      return;
    }
    const before = line.last;
    line.last = res;
    if (++line.waiting > MAX_PIPELINED) {
      onFlood(socket);
      return;
    }
    before.once('close', () => {
      line.waiting--;
      if (!socket.destroyed) handle(req, res);
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

/** Puts a renewed certificate in place, for the connections to come; a server without TLS stays without. */
export function renewTls(server: http.Server, tls: TlsMaterial | undefined): void {
  if (server instanceof https.Server && tls !== undefined) server.setSecureContext(toContext(tls));
}

const toContext = ({ certificate, key }: TlsMaterial): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
});

/** What the files of `guard.tls` hold. */
export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads the certificate and its key; undefined where the settings name none.
 * @throws Failure where they cannot be read or do not belong together
 */
export function readTls({ tls }: Settings): TlsMaterial | undefined {
  if (tls === undefined) return undefined;
  const certificate = readTlsFile(tls.certificateFile, 'guard.tls.certificate');
  const key = readTlsFile(tls.keyFile, 'guard.tls.key');
  try {
    createSecureContext(toContext({ certificate, key }));
    return { certificate, key };
  } catch (error) {
    const why = 'guard.tls: the files are not a PEM certificate and the private key that belongs to it';
    throw new Failure('settings_invalid', why, { cause: error });
  }
}

function readTlsFile(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('settings_unreadable', `${setting}: ${file} cannot be read (${code})`, {
      cause: error,
    });
  }
}
