// Where servers of a test listen: on free ports of loopback.
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeWorkspace } from './workspace.ts';

/** @returns the port */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** @returns its URL as `guard.upstream.url` takes it */
export async function listenAs(server: Server, transport: 'tcp' | 'unix'): Promise<string> {
  if (transport === 'tcp') return `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const path = join(makeWorkspace(), 'broker.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return `unix:${path}`;
}

/** Somebody else's until the test is over. */
export async function occupyPort(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return listenOnLoopback(server);
}
