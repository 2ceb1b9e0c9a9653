// The broker's stand-in: a fixed responder on a bare socket, as fast as Node can be.
// A program of its own; prints its port as one JSON line. Knows four answers, no tokens, no chunked bodies.
import net from 'node:net';

const KIB = 1024;

/** A whole HTTP answer with a JSON body of exactly that size. @param {number} bodyBytes */
function buildAnswer(bodyBytes) {
  const empty = JSON.stringify({ code: 0, data: '' });
  const body = JSON.stringify({ code: 0, data: 'x'.repeat(bodyBytes - empty.length) });
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

const SMALL = buildAnswer(600);
const MEDIUM = buildAnswer(64 * KIB);
const LARGE = buildAnswer(10 * KIB * KIB);
const LENGTH_REQUIRED = Buffer.from('HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n');
const HEAD_END = '\r\n\r\n';

/** @param {string} head */
function chooseAnswer(head) {
  if (head.startsWith('GET /api/v4/clients HTTP')) return MEDIUM;
  if (head.startsWith('GET /api/v4/subscriptions HTTP')) return LARGE;
  // A chunked body would need a decoder; every contestant is expected to send a length, as brokers demand.
  return /\r\ntransfer-encoding:/i.test(head) ? LENGTH_REQUIRED : SMALL;
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
      if (rest.length < bodyBytesLeft) {
        bodyBytesLeft -= rest.length;
        rest = rest.subarray(rest.length);
        return;
      }
      rest = rest.subarray(bodyBytesLeft);
      bodyBytesLeft = 0;
      socket.write(answer);
    }
  });
});

server.listen(0, '127.0.0.1', 4096, () => {
  console.log(JSON.stringify({ port: /** @type {net.AddressInfo} */ (server.address()).port }));
});
