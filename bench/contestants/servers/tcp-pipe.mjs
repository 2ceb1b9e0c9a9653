// The ceiling of Node's sockets: bytes piped both ways, one upstream connection a client, no HTTP at all.
import net from 'node:net';
import { backlog, host, port, upstreamPort } from './assignment.mjs';

const server = net.createServer({ noDelay: true }, (client) => {
  const upstream = net.connect({ port: upstreamPort, host, noDelay: true });
  client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
});
server.listen(port, host, backlog);
