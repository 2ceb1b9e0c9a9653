// The broker's stand-in on a bare socket: a fixed responder, as fast as Node can be. With the word `busy` it works for its
// answers as NanoMQ is shipped: two workers, each busy with a request for 20 us of CPU. A program of its own; prints its
// port as one JSON line. Knows three answers, no tokens and no chunked bodies.
import net from 'node:net';

const KIB = 1024;
const WORKERS = 2;
const BUSY_US = 20;
const HEAD_END = '\r\n\r\n';
const isBusy = process.argv[2] === 'busy';

/** A whole HTTP answer with a JSON body of exactly that size. */
function buildAnswer(bodyBytes) {
  const empty = JSON.stringify({ code: 0, data: '' });
  const body = JSON.stringify({ code: 0, data: 'x'.repeat(bodyBytes - empty.length) });
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.from(head + body);
}

const SMALL = buildAnswer(600);
const MEDIUM = buildAnswer(64 * KIB);
const LARGE = buildAnswer(10 * KIB * KIB);
const LENGTH_REQUIRED = Buffer.from('HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n');

function chooseAnswer(head) {
  if (head.startsWith('GET /api/v4/clients HTTP')) return MEDIUM;
  if (head.startsWith('GET /api/v4/subscriptions HTTP')) return LARGE;
  // A chunked body would need a decoder; every contestant is expected to send a length, as brokers demand.
  return /\r\ntransfer-encoding:/i.test(head) ? LENGTH_REQUIRED : SMALL;
}

/** Answers that wait for a worker. */
const line = [];

/** As many as there are workers, and then whoever is read meanwhile. */
function serve() {
  for (const send of line.splice(0, WORKERS)) {
    for (const until = performance.now() + BUSY_US / 1000; performance.now() < until; );
    send();
  }
  if (line.length > 0) setImmediate(serve);
}

function answerInTurn(send) {
  if (line.push(send) === 1) setImmediate(serve);
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  let bodyBytesLeft = 0;
  let answer = SMALL;

  const readHead = () => {
    const end = rest.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = rest.latin1Slice(0, end);
    bodyBytesLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    answer = chooseAnswer(head);
    rest = rest.subarray(end + HEAD_END.length);
    return true;
  };

  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    if (bodyBytesLeft > chunk.length) {
      bodyBytesLeft -= chunk.length;
      return;
    }
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bodyBytesLeft > 0 || readHead()) {
      const taken = Math.min(rest.length, bodyBytesLeft);
      bodyBytesLeft -= taken;
      rest = rest.subarray(taken);
      if (bodyBytesLeft > 0) return;
      const due = answer;
      if (isBusy) answerInTurn(() => socket.writable && socket.write(due));
      else socket.write(due);
    }
  });
});

server.listen(0, '127.0.0.1', 4096, () => console.log(JSON.stringify({ port: server.address().port })));
