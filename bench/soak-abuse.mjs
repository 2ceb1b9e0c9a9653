// The abuse of the soak: so many connections of each kind, each made anew when it has ended, none with a good token. Only
// against the loopback port it is given.
import net from 'node:net';
import { badSignature, costly, unknownIssuer } from './soak-tokens.mjs';

const { port, servicePort, kinds } = JSON.parse(process.argv[2] ?? '{}');
/** Not the address of the good callers. */
const ABUSERS = '127.0.0.2';
/** Whoever was hung up on comes back after this. */
const AGAIN_MS = 20;

/** @param {string} token */
const bearer = (token) => `GET /api/v4/brokers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
const MANY_LINES = Array.from({ length: 120 }, (_, index) => `h${index}: v${index}\r\n`).join('');
const PIPELINE = `GET /api/v4/brokers HTTP/1.1\r\nHost: x\r\n${MANY_LINES}\r\n`.repeat(40);
const ODD = [
  'GET /api/v4/%c0%ae%c0%ae/x HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /api/v4/../x HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n',
  'BREW /api/v4 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /api/v4 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'POST /api/v4/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
];

/** Sends a request, and the next with each answer. @param {() => string} make */
const again = (make) => (/** @type {net.Socket} */ socket) => {
  socket.on('data', () => socket.write(make()));
  socket.write(make());
};
/** @param {() => string} make */
const once = (make) => (/** @type {net.Socket} */ socket) => void socket.resume().write(make());

/** @type {Record<string, (socket: net.Socket) => void>} */
const KINDS = {
  bad_signatures: again(() => bearer(badSignature())),
  unknown_issuers: again(() => bearer(unknownIssuer())),
  costly_tokens: again(() => bearer(costly())),
  new_connections: (socket) => {
    socket.once('data', () => socket.destroy());
    socket.write(bearer(badSignature()));
  },
  pipelined: once(() => PIPELINE),
  half_heads: once(() => 'GET /api/v4/brokers HTTP/1.1\r\nx'),
  silent: () => undefined,
  lost_bodies: once(() => 'PUT /api/v4/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx'),
  odd_requests: again(() => /** @type {string} */ (ODD[Math.floor(Math.random() * ODD.length)])),
  service_heads: once(() => 'GET /livez HTTP/1.1\r\nx'),
};

/** @param {string} kind */
function connect(kind) {
  const to = kind.startsWith('service') ? servicePort : port;
  const socket = net.connect({ port: to, host: '127.0.0.1', localAddress: ABUSERS });
  socket.on('error', () => undefined);
  socket.once('connect', () => KINDS[kind]?.(socket));
  socket.once('close', () => setTimeout(connect, AGAIN_MS, kind));
}

for (const [kind, count] of Object.entries(kinds)) for (let made = 0; made < count; made += 1) connect(kind);
