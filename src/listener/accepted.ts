// The sockets a server has accepted, whatever their state. Node's own list leaves out those in the middle of a TLS
// handshake, and counts one that has never sent a byte as busy.
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export class Accepted {
  private readonly raw = new Set<Socket>();
  /** Those that requests arrive on: with TLS from the end of the handshake. */
  private readonly talking: Set<Socket>;
  private isHolding = false;

  constructor(server: Server) {
    server.on('connection', keepIn(this.raw));
    this.talking = this.raw;
    if (!(server instanceof TlsServer)) return;
    this.talking = new Set();
    server.on('secureConnection', keepIn(this.talking));
  }

  /** Nothing more is read in this turn, whoever has sent something: what it has already brought is dealt with first. */
  holdReading(): void {
    if (this.isHolding) return;
    this.isHolding = true;
    const held = [...this.talking].filter((socket) => !socket.isPaused());
    for (const socket of held) socket.pause();
    // What this turn has closed is freed at its end, hence after the next `setImmediate`.
    setImmediate(() =>
      setImmediate(() => {
        this.isHolding = false;
        for (const socket of held) socket.resume();
      }),
    );
  }

  destroySilent(): void {
    for (const socket of this.raw) if (socket.bytesRead === 0) socket.destroy();
    for (const socket of this.talking) if (socket.bytesRead === 0) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.raw) socket.destroy();
  }
}

const known = new WeakMap<Server, Accepted>();

/** To be asked for the first time before the server listens: what it has accepted by then is not known. */
export function acceptedBy(server: Server): Accepted {
  const accepted = known.get(server) ?? new Accepted(server);
  known.set(server, accepted);
  return accepted;
}

const keepIn = (sockets: Set<Socket>) => (socket: Socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
};
