// Where the API listens: a unix socket in a directory of its own that only this user can enter.
// Knows no route.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { listen, MAX_SOCKET_PATH_BYTES, watchConnections } from '../listener/listen.ts';

export interface HttpSide {
  readonly socketPath: string;
  close(): Promise<void>;
}

const DIRECTORY_PREFIX = 'broker-guard-';
const SOCKET_NAME = 'api.sock';

/**
 * Opens the socket in a fresh directory (mkdtemp makes it mode 0700); `close` removes both.
 * @throws Failure `embedded_failed` when the directory or the socket cannot be made.
 */
export async function startHttp(handler: RequestListener): Promise<HttpSide> {
  const parent = chooseParent();
  const directory = await mkdtemp(join(parent, DIRECTORY_PREFIX)).catch((cause) => refuse(parent, cause));
  const server = createServer(handler);
  const stopServer = watchConnections(server);
  const close = async (): Promise<void> => {
    await stopServer();
    await rm(directory, { recursive: true, force: true });
  };
  const socketPath = join(directory, SOCKET_NAME);
  try {
    await listen(server, { path: socketPath });
  } catch (cause) {
    await close();
    return refuse(parent, cause);
  }
  return { socketPath, close };
}

/** The system's temporary directory, unless its name is so long that a socket in it could not be opened. */
function chooseParent(): string {
  const longest = join(tmpdir(), `${DIRECTORY_PREFIX}XXXXXX`, SOCKET_NAME);
  return Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES ? tmpdir() : '/tmp';
}

function refuse(parent: string, cause: unknown): never {
  const message = `The embedded broker cannot make its socket in ${parent}: ${String(cause)}. Set TMPDIR to a directory that can be written.`;
  throw new Failure('embedded_failed', message, { cause });
}
