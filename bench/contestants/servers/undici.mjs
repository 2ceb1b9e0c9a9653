// The ceiling for forwarding with node:http and undici: dispatch with own handlers, nothing checked.
// Hop-by-hop headers are dropped both ways, bodies stream with back pressure, a client that leaves aborts.
import http from 'node:http';
import { Pool } from 'undici';
import { backlog, host, port, upstream } from './assignment.mjs';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'host',
]);
const pool = new Pool(upstream, { connections: 64, pipelining: 1 });

function keepEndToEnd(raw) {
  const kept = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** undici's oldest handler interface: it is the one its core calls without a wrapper. */
class Forwarding {
  constructor(response) {
    this.response = response;
    this.abort = () => {};
    this.resume = () => {};
    response.once('close', () => {
      if (!response.writableFinished) this.abort();
    });
  }

  onConnect(abort) {
    this.abort = abort;
    // The client left while its request waited for a connection: an answer nobody drains would block that connection.
    if (this.response.destroyed) abort();
  }

  onHeaders(status, raw, resume) {
    this.resume = resume;
    this.response.writeHead(status, keepEndToEnd(raw.map((part) => part.latin1Slice())));
    return true;
  }

  onData(chunk) {
    if (this.response.write(chunk)) return true;
    this.response.once('drain', this.resume);
    return false;
  }

  onComplete() {
    this.response.end();
  }

  onError() {
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

const server = http.createServer((request, response) => {
  const hasBody = request.headers['content-length'] !== undefined;
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: request.method,
      headers: keepEndToEnd(request.rawHeaders),
      body: hasBody ? request : null,
    },
    new Forwarding(response),
  );
});
server.listen(port, host, backlog);
