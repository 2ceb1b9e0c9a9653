// However often one side makes the other wait, nothing is left behind on their sockets.
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../support/loopback.ts';
import { BROKERS, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

/** Far more than the buffers of two sockets hold. */
const UPLOAD_BYTES = 32 * 1024 * 1024;
const CHUNKS = 100_000;

/** The names of the warnings that the process gives from now on. */
function watchWarnings(): string[] {
  const names: string[] = [];
  const note = ({ name }: Error) => void names.push(name);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return names;
}

/** Has a socket rest after each piece it reads. */
function readSlowly(socket: Socket): void {
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
}

/** A broker that reads slowly, keeps nothing, and answers when `bytes` have come behind a head. */
async function startSlowBroker(bytes: number): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let left: number | undefined;
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        // The head comes in one piece: the guard writes it at once.
        left = (left ?? bytes + chunk.indexOf('\r\n\r\n') + 4) - chunk.length;
        if (left === 0) socket.write(okAnswer());
      });
    readSlowly(socket);
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}

it('an upload to a broker that reads slowly piles up no listeners', async () => {
  const warnings = watchWarnings();
  const upstreamUrl = await startSlowBroker(UPLOAD_BYTES);
  const pair = await startPair({ upstreamUrl, httpServer: 'max_body = 64MB' });
  expect((await pair.post('x'.repeat(UPLOAD_BYTES))).status).toBe(200);
  expect((await pair.soleRecord()).bytes_in).toBe(UPLOAD_BYTES);
  expect(warnings).toEqual([]);
});

it('an answer in chunks of one byte to a client that reads slowly piles up no listeners', async () => {
  const warnings = watchWarnings();
  const pair = await startPair({
    respond: () =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(CHUNKS)}0\r\n\r\n`,
  });
  const client = await pair.open();
  readSlowly(client.socket);
  client.write(pair.head('GET', BROKERS));
  await client.wait(() => client.received.subarray(-7).toString() === '\r\n0\r\n\r\n');
  expect((await client.next()).body.length).toBe(CHUNKS);
  expect(warnings).toEqual([]);
});
