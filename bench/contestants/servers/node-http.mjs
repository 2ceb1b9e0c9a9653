// The ceiling of node:http itself: it answers the small body without any upstream.
import http from 'node:http';
import { backlog, host, port } from './assignment.mjs';

const empty = JSON.stringify({ code: 0, data: '' });
const body = JSON.stringify({ code: 0, data: 'x'.repeat(600 - empty.length) });
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };

http
  .createServer((_request, response) => response.writeHead(200, headers).end(body))
  .listen(port, host, backlog);
