// A port for a program that cannot be told to choose one itself.
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
