// A broker that does not skip bodies: it answers a request by its head, and takes whatever follows for the next one.
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listenAs } from './loopback.ts';

export interface SeenHead {
  /** Which connection it came on, counting from 1. */
  readonly connection: number;
  readonly method: string;
  readonly target: string;
  readonly head: string;
}

export interface CarelessBroker {
  readonly url: string;
  readonly heads: SeenHead[];
  /** Connections open now. */
  open(): number;
}

/** What it does about a head: bytes to answer with, or nothing where it has dealt with the socket itself. */
export type Answer = (seen: SeenHead, socket: Socket) => string | undefined;

export const TRANSPORTS = ['tcp', 'unix'] as const;

/** To be called inside a test: it ends with the test. */
export async function startCarelessBroker(
  transport: (typeof TRANSPORTS)[number],
  answer: Answer,
): Promise<CarelessBroker> {
  const heads: SeenHead[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    const connection = ++accepted;
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const seen = readHead(text.slice(0, end), connection);
        text = text.slice(end + 4);
        if (seen === undefined) continue;
        heads.push(seen);
        const bytes = answer(seen, socket);
        if (bytes !== undefined) socket.write(bytes);
      }
      // What can no longer become a head is forgotten, so that large bodies cost nothing.
      if (text.length > 64 * 1024) text = text.slice(-16 * 1024);
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: await listenAs(server, transport), heads, open: () => sockets.size };
}

/** A head that ends `text`; what comes before its request line is nobody's request. */
function readHead(text: string, connection: number): SeenHead | undefined {
  const at = text.search(/(?:GET|HEAD|POST|PUT|DELETE) \/\S* HTTP\/1\.1\r\n/);
  if (at === -1) return undefined;
  const head = text.slice(at);
  const [method = '', target = ''] = head.split(' ');
  return { connection, method, target, head };
}
