// Opening a server and ending it with every connection it accepted.
// Knows no protocol and no setting: HTTP and MQTT listeners open in the same way.

import type { ListenOptions, Server, Socket } from 'node:net';

/** What `sun_path` holds besides its zero byte (unix(7)); a longer path would be cut off without a word. */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Resolves when the server listens; rejects with the system's error, such as EADDRINUSE. */
export function listen(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.off('listening', listening);
      reject(error);
    };
    const listening = (): void => {
      server.off('error', failed);
      resolve();
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen(where);
  });
}

/**
 * Watches a server's connections from now on; the function it returns stops the server and drops them all.
 * Idle keep-alive connections and clients that never said CONNECT would otherwise hold the server open.
 */
export function watchConnections(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}
