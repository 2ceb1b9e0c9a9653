// The guarded listener: Node's HTTP server, set up so that every refusal, even of what never becomes a request, is the
// guard's own and leaves its record. Is handed whoever answers; knows no step.
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import { type Denial, deny, denyMethod } from '../decision.ts';
import type { Clients } from '../http/client-address.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Recorder } from '../observe/recorder.ts';
import { explainParserError, refuseOnSocket } from './broken-request.ts';
import type { Connections } from './connection.ts';
import type { TellBroken } from './handshake.ts';
import { readProxyHeaders } from './proxy-protocol.ts';
import { setTimes, TIMEOUTS } from './timeouts.ts';
import { createTlsServer, type TlsMaterial } from './tls.ts';

const OPTIONS: http.ServerOptions = {
  ...TIMEOUTS,
  // Judged with the rest of the head, so that the answer is the guard's own.
  requireHostHeader: false,
  insecureHTTPParser: false,
};

export interface Front {
  readonly connections: Connections;
  readonly recorder: Recorder;
  readonly handle: http.RequestListener;
  /** How the addresses of clients are found at this moment. */
  clients(): Clients;
  /** What the Allow field of a refused CONNECT names. */
  allowedMethods(): readonly string[];
}

/**
 * A server that is not listening yet.
 * @param tls of `guard.tls`; http without it
 */
export function createHttpServer(
  settings: Settings,
  tls: TlsMaterial | undefined,
  front: Front,
): http.Server {
  const options = { ...OPTIONS, maxHeaderSize: maxHeadBytes(settings) };
  const server = tls ? createTlsServer(options, tls, tellHandshake(front)) : http.createServer(options);
  setTimes(server, settings);
  readProxyHeaders(server, {
    peers: front.connections.peers,
    clients: () => front.clients(),
    refuse: (socket, denial) => refuseUnbegun(front, socket, denial, tls !== undefined),
  });
  const handle = front.connections.inTurn(front.handle, (socket) => endFlood(front, socket));
  server.on('request', handle);
  // `100 Continue` is answered after the token is judged, not by Node at once.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('connect', (req, socket: Socket) => {
    // Node takes its own listeners off a socket it hands over: a reset would otherwise end the process.
    socket.on('error', () => socket.destroy());
    refuseBroken(front, socket, req.method, denyMethod(front.allowedMethods()));
  });
  server.on('clientError', (error, socket: Socket) => {
    const denial = explainParserError(error);
    if (denial === undefined) socket.destroy();
    else refuseBroken(front, socket, undefined, denial);
  });
  return server;
}

/** The longest token, and 4 KiB for the rest. A server keeps what it is made with. */
export const maxHeadBytes = ({ token }: Pick<Settings, 'token'>): number =>
  Math.max(16 * 1024, token.maxTokenBytes + 4 * 1024);

const tellHandshake =
  ({ connections, recorder }: Front): TellBroken =>
  (socket, denial, answer) =>
    recorder.tellBroken(connections.peers.addressOf(socket), undefined, denial, answer);

/** In the middle of a TLS handshake nobody could read an answer. */
function refuseUnbegun(
  { connections, recorder }: Front,
  socket: Socket,
  denial: Denial,
  isTls: boolean,
): void {
  const answer = (requestId: string) => refuseOnSocket(socket, denial, { requestId });
  recorder.tellBroken(connections.peers.addressOf(socket), undefined, denial, isTls ? undefined : answer);
  if (isTls) socket.destroy();
}

function endFlood({ connections, recorder }: Front, socket: Socket): void {
  const denial = deny('request_malformed', 'Too many requests in line.');
  recorder.tellBroken(connections.of(socket).peer, undefined, denial);
  socket.destroy();
}

/**
 * A connection that cannot go on: answered where the answer's turn has come and nothing of it is out, and
 * ended. What follows a whole request is not that request's fault: it gets a record of its own, and the answer
 * that is due goes out first.
 */
function refuseBroken(
  { connections, recorder }: Front,
  socket: Socket,
  method: string | undefined,
  denial: Denial,
): void {
  const connection = connections.of(socket);
  const { underway, isEnding } = connection;
  // Its answer goes out, and then the connection ends anyway.
  if (underway !== undefined && isEnding) return;
  if (underway === undefined || underway.req.complete) {
    const answer = (requestId: string) => refuseOnSocket(socket, denial, { requestId });
    const isFirst = underway === undefined;
    recorder.tellBroken(connection.peer, method, denial, isFirst ? answer : undefined);
    if (!isFirst) connection.endAfterAnswer(socket);
  } else endBroken(underway, socket, denial);
}

/** The body of the exchange under way broke off. */
function endBroken(underway: Exchange, socket: Socket, denial: Denial): void {
  if (underway.res.headersSent) {
    socket.destroy();
    return;
  }
  underway.noteBroken(
    denial,
    refuseOnSocket(socket, denial, { requestId: underway.id, fields: underway.answerFields }),
  );
}
