// Who is at the other end of a connection: whoever has connected, or whom the PROXY header at its beginning names.
import type { Socket } from 'node:net';
import { peerAddress } from '../http/client-address.ts';

interface Named {
  readonly source: string;
}

export class Peers {
  readonly #bySocket = new WeakMap<Socket, Named>();
  /** With TLS requests arrive on another object than the header did; both have the ends of the connection in common. */
  readonly #byEnds = new Map<string, Named>();

  name(socket: Socket, source: string): void {
    const named = { source };
    const ends = endsOf(socket);
    this.#bySocket.set(socket, named);
    if (ends === undefined) return;
    this.#byEnds.set(ends, named);
    socket.once('close', () => {
      // The next connection may have the same ends.
      if (this.#byEnds.get(ends) === named) this.#byEnds.delete(ends);
    });
  }

  /** To be asked while the connection is open. */
  addressOf(socket: Socket): string | undefined {
    const named = this.#bySocket.get(socket) ?? this.#byEnds.get(endsOf(socket) ?? '');
    return named === undefined ? peerAddress(socket) : named.source;
  }
}

/** Undefined on a socket file. */
const endsOf = ({ remoteAddress, remotePort, localAddress }: Socket): string | undefined =>
  remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`;
