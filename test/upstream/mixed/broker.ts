// The broker's end of the mixed load: reads each request strictly, compares every byte of it and who is said to have sent
// it, and answers as the target asks for.
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listenAs } from '../../support/loopback.ts';
import { type Asked, answerOf, readTarget, uploadOf } from './operation.ts';

export interface MixedBroker {
  readonly url: string;
  /** What was not as it has to be. */
  readonly faults: string[];
  /** How often each operation has been seen whole. */
  readonly seen: Map<number, number>;
  /** GETs that were hung up on, and came again. */
  again(): number;
}

/** To be called inside a test: it ends with the test. @param identities the fields that each caller's requests carry */
export async function startMixedBroker(
  transport: 'tcp' | 'unix',
  identities: readonly string[],
): Promise<MixedBroker> {
  const faults: string[] = [];
  const seen = new Map<number, number>();
  let again = 0;
  const sockets = new Set<Socket>();
  const take = (head: string, body: Buffer, socket: Socket): void => {
    const [method = '', target = ''] = head.split(' ');
    const asked = readTarget(target);
    const times = (seen.get(asked.id) ?? 0) + 1;
    seen.set(asked.id, times);
    if (times > 1 && method === 'GET') again++;
    if (times > (method === 'GET' ? 2 : 1)) faults.push(`${method} ${asked.id} came ${times} times`);
    if (!body.equals(uploadOf(asked)))
      faults.push(`${method} ${asked.id}: another body, ${body.length} bytes`);
    if (!head.includes(identities[asked.caller] as string))
      faults.push(`${asked.id}: another caller: ${head}`);
    if (asked.kind === 'dropped' && times === 1) socket.destroy();
    else answer(asked, socket);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    readRequests(socket, take, faults);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: await listenAs(server, transport), faults, seen, again: () => again };
}

function answer(asked: Asked, socket: Socket): void {
  const body = answerOf(asked);
  switch (asked.answer) {
    case 'sized':
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
      break;
    case 'chunked': {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let at = 0; at < body.length; at += 7001) {
        const part = body.subarray(at, at + 7001);
        socket.write(`${part.length.toString(16)}\r\n`);
        socket.write(part);
        socket.write('\r\n');
      }
      socket.write('0\r\n\r\n');
      break;
    }
    case 'until-close':
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
      socket.end(body);
  }
}

function readRequests(
  socket: Socket,
  take: (head: string, body: Buffer, socket: Socket) => void,
  faults: string[],
): void {
  let head: string | undefined;
  let missing = 0;
  let parts: Buffer[] = [];
  let rest = Buffer.alloc(0);
  const readHead = (): boolean => {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    head = rest.toString('latin1', 0, end + 2);
    if (!/^(?:GET|POST|PUT|DELETE) \/api\/v4\/rules\/\d+\?\S+ HTTP\/1\.1\r\n/.test(head)) {
      faults.push(`no request: ${head.slice(0, 200)}`);
      socket.destroy();
    }
    missing = Number(/\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1] ?? 0);
    rest = rest.subarray(end + 4);
    return true;
  };
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (head !== undefined || readHead()) {
      const part = rest.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      rest = rest.subarray(part.length);
      if (missing > 0) return;
      const [whole, body] = [head as string, Buffer.concat(parts)];
      head = undefined;
      parts = [];
      take(whole, body, socket);
    }
  });
}
