// The client and the broker of the memory test, in a process of their own, so that the bytes they hold are not
// counted as the guard's. Both are slow: whatever the guard does not pass on at once it would have to hold.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const PIECE = Buffer.alloc(64 * 1024, 'x');

async function* pieces(bytes) {
  for (let left = bytes; left > 0; left -= PIECE.length)
    yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

/** Reads a stream to its end, resting now and then. Resolves with its length in bytes. */
async function readSlowly(stream) {
  let bytes = 0;
  let rested = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes - rested < 1024 * 1024) continue;
    rested = bytes;
    await delay(5);
  }
  return bytes;
}

async function send(stream, bytes) {
  for await (const piece of pieces(bytes))
    if (!stream.write(piece)) await new Promise((go) => stream.once('drain', go));
  stream.end();
}

const broker = http.createServer(async (req, res) => {
  const bytes = Number(new URL(req.url, 'http://broker').searchParams.get('bytes'));
  if (req.method === 'POST') {
    res.end(String(await readSlowly(req)));
    return;
  }
  res.setHeader('content-length', bytes);
  await send(res, bytes);
});
broker.listen(0, '127.0.0.1', () => process.send({ brokerPort: broker.address().port }));

process.on('message', ({ port, method, bytes, token }) => {
  const headers = { authorization: `Bearer ${token}`, ...(method === 'POST' && { 'content-length': bytes }) };
  const path = method === 'GET' ? `/api/v4/clients?bytes=${bytes}` : '/api/v4/mqtt/publish?bytes=0';
  const req = http.request({ port, host: '127.0.0.1', path, method, headers, agent: false }, async (res) => {
    if (method === 'GET') return process.send({ transferred: await readSlowly(res) });
    const parts = [];
    for await (const part of res) parts.push(part);
    process.send({ transferred: Number(Buffer.concat(parts)) });
  });
  if (method === 'POST') void send(req, bytes);
  else req.end();
});
