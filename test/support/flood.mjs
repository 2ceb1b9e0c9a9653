// Sends one request after the other on many connections, each made anew when it has ended, until it is stopped. Prints a line for
// each status, as it comes.
import net from 'node:net';

const { host, port, request, connections } = JSON.parse(process.argv[2] ?? '{}');

function connect() {
  const socket = net.connect({ host, port }).setEncoding('latin1');
  socket.on('data', (text) => {
    for (const [, status] of String(text).matchAll(/HTTP\/1\.1 (\d{3})/g)) console.log(status);
    socket.write(request);
  });
  socket.once('connect', () => socket.write(request));
  socket.on('error', () => undefined);
  socket.once('close', connect);
}

for (let made = 0; made < connections; made += 1) connect();
