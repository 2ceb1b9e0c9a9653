// A broker's stand-in that works for its answers as NanoMQ does: so many workers, each busy with a request for some
// microseconds of CPU, and any number of connections. A program of its own; prints its port as one JSON line.
import net from 'node:net';

const WORKERS = 2;
const BUSY_US = 20;
const BODY = JSON.stringify({ code: 0, data: 'x'.repeat(580) });
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
);
const HEAD_END = '\r\n\r\n';

/** Requests that wait for a worker. @type {net.Socket[]} */
const line = [];
let isServing = false;

/** What a worker does with the CPU of its core. */
function beBusy() {
  const until = process.hrtime.bigint() + BigInt(BUSY_US * 1000);
  while (process.hrtime.bigint() < until);
}

/** As many as there are workers, and then whoever is read meanwhile. */
function serve() {
  for (const socket of line.splice(0, WORKERS)) {
    beBusy();
    if (socket.writable) socket.write(ANSWER);
  }
  isServing = line.length > 0;
  if (isServing) setImmediate(serve);
}

/** @param {net.Socket} socket */
function enqueue(socket) {
  line.push(socket);
  if (!isServing) setImmediate(serve);
  isServing = true;
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf(HEAD_END); end !== -1; end = rest.indexOf(HEAD_END)) {
      const bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
      const size = end + HEAD_END.length + bodyBytes;
      if (rest.length < size) return;
      rest = rest.slice(size);
      enqueue(socket);
    }
  });
});

server.listen(0, '127.0.0.1', 4096, () => {
  console.log(JSON.stringify({ port: /** @type {net.AddressInfo} */ (server.address()).port }));
});
