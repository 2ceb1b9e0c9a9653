// A connection before its TLS handshake is done: it has ten seconds, and is never answered, except where the client
// takes the port for one without TLS. Knows no request.
import type https from 'node:https';
import type { Socket } from 'node:net';
import { type Denial, deny } from '../decision.ts';
import { refuseOnSocket } from './broken-request.ts';

/** Until the client begins. */
const FIRST_BYTE_MS = 5000;
/** From then on. Together they are what a head may take on a connection without TLS. */
export const HANDSHAKE_MS = 5000;

/** Takes down why a connection came to nothing. `answer` sends an answer under an id and gives its bytes. */
export type TellBroken = (
  socket: Socket,
  denial: Denial,
  answer?: (id: string) => number | undefined,
) => void;

/** To be called before anybody else listens to the server's events. */
export function watchHandshakes(server: https.Server, tell: TellBroken): void {
  const [begin] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    awaitFirstByte(socket, tell, () => begin?.call(server, socket));
  });
  // Node's own listener would have it answered on a socket that waits for the handshake with all it is given to write.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // Of a client whose certificate does not count Node says no more than that it is gone.
    if (error.code !== 'ECONNRESET' || socket.authorizationError) tell(socket, explain(error));
    socket.destroy();
  });
}

function awaitFirstByte(socket: Socket, tell: TellBroken, begin: () => void): void {
  const giveUp = () => {
    tell(socket, deny('request_timeout'));
    socket.destroy();
  };
  socket.on('error', () => socket.destroy());
  socket.setTimeout(FIRST_BYTE_MS, giveUp);
  socket.once('readable', () => {
    socket.setTimeout(0);
    socket.off('timeout', giveUp);
    const bytes: Buffer | null = socket.read();
    if (bytes === null) socket.destroy();
    else if (isRecord(bytes)) {
      socket.unshift(bytes);
      begin();
    } else refusePlain(socket, tell);
  });
}

/** RFC 8446 §5.1: the first byte of a record is its type, `change_cipher_spec` to `heartbeat`. */
const isRecord = (bytes: Buffer): boolean => (bytes[0] as number) >= 20 && (bytes[0] as number) <= 24;

function refusePlain(socket: Socket, tell: TellBroken): void {
  const denial = deny('request_malformed', 'This address speaks https.');
  tell(socket, denial, (requestId) => refuseOnSocket(socket, denial, { requestId }));
}

const explain = ({ code }: NodeJS.ErrnoException): Denial =>
  deny(code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'request_timeout' : 'request_malformed');
