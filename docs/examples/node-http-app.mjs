// A server of node:http, behind the guard: node docs/examples/node-http-app.mjs [KEYS_DIRECTORY] [PORT]
import http from 'node:http';
import { openGuard } from 'broker-guard';

const [keysDir = 'keys', port = '3000'] = process.argv.slice(2);

const guard = await openGuard({
  keysDir,
  token: { maxLifetime: '1h' },
  audit: (record) => console.log(JSON.stringify(record)),
});

const server = http.createServer(
  guard.handler((_req, res, { issuer, subject }) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ issuer, subject }));
  }),
);

server.listen(Number(port), '127.0.0.1', () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`);
});
process.once('SIGTERM', async () => {
  server.close();
  await guard.close();
});
