// A port for a program that cannot be told to choose one itself: below those that the system gives to whoever asks for
// any, or somebody else might have it before the program does.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FROM = 20_000;
const BELOW = 32_000;

export async function takePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, BELOW);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isBound = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isBound) return false;
  server.close();
  await once(server, 'close');
  return true;
}
