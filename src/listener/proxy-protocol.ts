// Connections of trusted proxies begin with a PROXY header: it is read before TLS and HTTP see a byte. Whoever is no
// trusted proxy is not asked for one, and one that is sent all the same is a malformed request.
import type { Server, Socket } from 'node:net';
import { type Denial, deny } from '../decision.ts';
import { type Clients, type ProxyVersion, peerAddress } from '../http/client-address.ts';
import type { Peers } from './peers.ts';
import { readProxyHeader } from './proxy-header.ts';

/** A proxy sends the header at once. */
const HEADER_MS = 5000;

export interface ProxyLayer {
  readonly peers: Peers;
  /** The rules of this moment. */
  readonly clients: () => Clients;
  /** Takes down why a connection came to nothing, and ends it. */
  readonly refuse: (socket: Socket, denial: Denial) => void;
}

/** To be called when whoever serves the connections listens for them already. */
export function readProxyHeaders(server: Server, { peers, clients, refuse }: ProxyLayer): void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const begin = () => {
      for (const listener of listeners) listener.call(server, socket);
    };
    const { readsHeaders, headerOf } = clients();
    const peer = peerAddress(socket);
    const version = headerOf(peer);
    // Health checks hang up so early that nobody can tell any more whose connection it was.
    if (readsHeaders && peer === undefined && !isOnSocketFile(server)) socket.destroy();
    else if (version === undefined) begin();
    else
      awaitHeader(socket, version, {
        found(source) {
          if (source !== undefined) peers.name(socket, source);
          begin();
        },
        failed: (denial) => refuse(socket, denial),
      });
  });
}

const isOnSocketFile = (server: Server): boolean => typeof server.address() === 'string';

interface Outcome {
  found(source: string | undefined): void;
  failed(denial: Denial): void;
}

function awaitHeader(socket: Socket, version: ProxyVersion, { found, failed }: Outcome): void {
  let bytes: Buffer = Buffer.alloc(0);
  const read = () => {
    bytes = Buffer.concat([bytes, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    const header = readProxyHeader(bytes, version);
    if (header === 'more') return;
    stop();
    if (header === 'broken') return failed(deny('request_malformed', WANTED));
    if (bytes.length > header.size) socket.unshift(bytes.subarray(header.size));
    found(header.source);
  };
  const leave = () => socket.destroy();
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', read).off('end', leave).off('close', stop);
  };
  const timer = setTimeout(() => {
    stop();
    failed(deny('request_timeout', WANTED));
  }, HEADER_MS);
  socket.on('error', leave);
  socket.on('readable', read).on('end', leave).on('close', stop);
}

const WANTED = 'A connection from this proxy has to begin with a PROXY header (guard.proxy_protocol).';
