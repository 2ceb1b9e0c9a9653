// A broker's HTTP side that records every byte it is sent and answers what the test tells it to.
import { createServer, type Socket } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

export interface SeenRequest {
  /** Which connection it came on, counting from 1. */
  readonly connection: number;
  readonly requestLine: string;
  /** Lower-case name -> value; a repeated field is an error of the guard and throws. */
  readonly headers: ReadonlyMap<string, string>;
  readonly head: string;
  readonly body: Buffer;
}

export interface RecordingUpstream {
  readonly port: number;
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Connections accepted so far, and open now. */
  connections(): { readonly accepted: number; readonly open: number };
  /** All bytes received so far, as latin1. */
  received(): string;
  close(): Promise<void>;
}

export type Responder = (request: SeenRequest, socket: Socket) => string | Buffer | undefined;

export const okAnswer = (body = '{"code":0,"data":[]}'): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/**
 * @param respond bytes to answer a whole request with; undefined where it has dealt with the socket itself
 * @param respondEarly the same, asked when only the head of a request with a body has come
 */
export async function startUpstream(
  respond: Responder = () => okAnswer(),
  respondEarly: Responder = () => undefined,
): Promise<RecordingUpstream> {
  const requests: SeenRequest[] = [];
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    const connection = ++accepted;
    sockets.add(socket);
    let parts: Buffer[] = [];
    /** Of the body that has begun: looked at again once it is whole, or a large one would be copied at each of its parts. */
    let missing = 0;
    let early: string | undefined;
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.on('data', (chunk) => {
      received.push(chunk);
      parts.push(chunk);
      missing -= chunk.length;
      if (missing > 0) return;
      let pending: Buffer = Buffer.concat(parts);
      for (
        let next = takeRequest(pending, connection);
        next !== undefined;
        next = takeRequest(pending, connection)
      ) {
        pending = next.rest;
        requests.push(next.request);
        const answer = respond(next.request, socket);
        if (answer !== undefined) socket.write(answer);
      }
      const started = takeHead(pending, connection);
      if (started !== undefined && started.request.head !== early) {
        early = started.request.head;
        const answer = respondEarly(started.request, socket);
        if (answer !== undefined) socket.write(answer);
      }
      parts = [pending];
      missing = started === undefined ? 0 : bodyLength(started.request) - started.rest.length;
    });
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => ({ accepted, open: sockets.size }),
    received: () => Buffer.concat(received).toString('latin1'),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function takeRequest(pending: Buffer, connection: number) {
  const started = takeHead(pending, connection);
  if (started === undefined) return undefined;
  const { request, rest } = started;
  const length = bodyLength(request);
  if (rest.length < length) return undefined;
  return { request: { ...request, body: rest.subarray(0, length) }, rest: rest.subarray(length) };
}

const bodyLength = ({ headers }: SeenRequest): number => Number(headers.get('content-length') ?? 0);

function takeHead(pending: Buffer, connection: number): { request: SeenRequest; rest: Buffer } | undefined {
  const headEnd = pending.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = pending.subarray(0, headEnd + 4).toString('latin1');
  const [requestLine = '', ...lines] = head.trimEnd().split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (headers.has(name)) throw new Error(`the guard sent ${name} twice`);
    headers.set(name, line.slice(line.indexOf(':') + 1).trim());
  }
  const body = Buffer.alloc(0);
  return { request: { connection, requestLine, headers, head, body }, rest: pending.subarray(headEnd + 4) };
}
