// Health, for whoever runs the guard: whether the process is alive, and whether it should be sent requests.
import type Router from '@koa/router';
import type { Readiness } from './readiness.ts';

export function addHealth(router: Router, readiness: () => Promise<Readiness>): void {
  router.get('/livez', (ctx) => {
    ctx.body = { alive: true };
  });
  router.get('/readyz', async (ctx) => {
    const found = await readiness();
    ctx.status = found.ready ? 200 : 503;
    ctx.body = found;
  });
}
