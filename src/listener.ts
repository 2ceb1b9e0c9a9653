// Opening and closing listening sockets, with failures that name the setting to change.
import { existsSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { formatAddress, type ListenAddress } from './config/address.ts';
import { Failure } from './failure.ts';

/**
 * @param setting finishes the failure's sentence "Change ...": the setting the address came from
 * @throws Failure('listen_failed')
 */
export async function listenOn(server: Server, address: ListenAddress, setting: string): Promise<void> {
  if (address.kind === 'unix') await removeStaleSocket(address.path);
  const options =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, address, setting)));
    server.listen(options, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** Where the server really listens: a port of 0 has become a real one. */
export function boundAddress(server: Server, asked: ListenAddress): ListenAddress {
  const bound = server.address();
  return asked.kind === 'tcp' && typeof bound === 'object' && bound !== null
    ? { ...asked, port: bound.port }
    : asked;
}

/** Stops accepting and waits for what runs; after `graceMs` the remaining connections are cut. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Connections that fall idle now would otherwise be kept for their next request.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/** A socket file left behind by a killed process is in the way of the next one; one in use is not touched. */
async function removeStaleSocket(path: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  if (code === 'ECONNREFUSED') rmSync(path, { force: true });
}

const ADVICE = new Map([
  ['EADDRINUSE', 'something else already listens there'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'this user may not listen there'],
  ['ENOENT', 'the directory does not exist'],
]);

function explain(error: NodeJS.ErrnoException, address: ListenAddress, setting: string): Failure {
  // libuv says EACCES where the directory of a socket is missing.
  const isNowhere = address.kind === 'unix' && !existsSync(dirname(address.path));
  const why = ADVICE.get(isNowhere ? 'ENOENT' : (error.code ?? '')) ?? `the system says ${error.code}`;
  return new Failure(
    'listen_failed',
    `cannot listen on ${formatAddress(address)}: ${why}. Change ${setting}.`,
    {
      cause: error,
    },
  );
}
