// A Koa application of your own, behind the guard: node docs/examples/koa-app.mjs [KEYS_DIRECTORY] [PORT]
import { openGuard } from 'broker-guard';
import Koa from 'koa';

const [keysDir = 'keys', port = '3000'] = process.argv.slice(2);

const guard = await openGuard({
  keysDir,
  token: { maxLifetime: '1h' },
  audit: (record) => console.log(JSON.stringify(record)),
});

const app = new Koa();
app.use(guard.koa());
app.use((ctx) => {
  const { issuer, subject } = ctx.state.guard;
  ctx.body = { issuer, subject };
});

const server = app.listen(Number(port), '127.0.0.1', () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`);
});
process.once('SIGTERM', async () => {
  server.close();
  await guard.close();
});
