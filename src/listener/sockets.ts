// Opening and closing listening sockets, with failures that name the setting to change.
import { chmodSync, chownSync, existsSync, lstatSync, rmSync, type Stats } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { formatAddress, type ListenAddress, type UnixAddress } from '../config/address.ts';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { acceptedBy } from './accepted.ts';
import { listen, MAX_SOCKET_PATH_BYTES } from './listen.ts';

/**
 * @param setting finishes the failure's sentence "Change ...": the setting the address came from
 * @throws Failure('listen_failed')
 */
export async function listenOn(server: Server, address: ListenAddress, setting: string): Promise<void> {
  acceptedBy(server);
  if (address.kind === 'unix') await clearSocketPath(address, setting);
  const options =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  await listen(server, options).catch((error: NodeJS.ErrnoException) => {
    throw explain(error, address, setting);
  });
  if (address.kind === 'unix') await openToOthers(server, address, setting);
}

/** Opens and closes a listener, to see that it can be opened. Gives the address, where 0 has become a port. */
export async function tryListen(address: ListenAddress, setting: string): Promise<ListenAddress> {
  const server = createServer();
  await listenOn(server, address, setting);
  const bound = boundAddress(server, address);
  await closeServer(server, 0);
  return bound;
}

/** A new socket file is its owner's alone: nobody else could connect before this. */
async function openToOthers(server: Server, address: UnixAddress, setting: string): Promise<void> {
  const { path, mode, groupId } = address;
  try {
    if (groupId !== undefined) chownSync(path, -1, groupId);
    if (mode !== undefined) chmodSync(path, mode);
  } catch (error) {
    await closeServer(server, 0);
    const what = `its mode and group cannot be set (${codeOf(error)}): this user must be of the group`;
    throw refuse(address, what, `${setting}, or its listen_mode and listen_group`);
  }
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
  const accepted = acceptedBy(server);
  await letArrive();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Connections that fall idle now would otherwise be kept for their next request.
  const sweep = setInterval(async () => {
    await letArrive();
    server.closeIdleConnections();
    accepted.destroySilent();
  }, 50);
  const cut = setTimeout(() => accepted.destroyAll(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
  // Those that were cut are told of it, and leave their records, a turn later.
  await letArrive();
}

/**
 * A whole round of the event loop: a request that has reached this machine has been read then, so that its
 * connection does not count as idle.
 */
const letArrive = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/**
 * A socket file left behind by a killed process is in the way of the next one. One in use is not touched, and
 * nothing that is no socket: a slip in the settings must not cost a file.
 */
async function clearSocketPath(address: UnixAddress, setting: string): Promise<void> {
  const { path } = address;
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw refuse(
      address,
      `its path has ${bytes} bytes, and a socket's at most ${MAX_SOCKET_PATH_BYTES}`,
      setting,
    );
  }
  const found = lookAt(address, setting);
  if (found === undefined) return;
  if (!found.isSocket()) throw refuse(address, `${path} is there and is not a socket`, setting);
  if (await isAbandoned(path)) rmSync(path, { force: true });
}

/** Of a symbolic link itself: what it leads to is not looked at. */
function lookAt(address: UnixAddress, setting: string): Stats | undefined {
  try {
    return lstatSync(address.path, { throwIfNoEntry: false });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, address, setting);
  }
}

/** Whether nobody listens on a socket file. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
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
  return refuse(address, why, setting, error);
}

function refuse(address: ListenAddress, why: string, setting: string, cause?: Error): Failure {
  const message = `cannot listen on ${formatAddress(address)}: ${why}. Change ${setting}.`;
  return new Failure('listen_failed', message, { cause });
}
