// Metrics, for Prometheus and whoever reads its text format.
import type Router from '@koa/router';
import { CONTENT_TYPE } from '../observe/metrics/families.ts';

/** @param print the page of the moment */
export function addMetrics(router: Router, print: () => Promise<string>): void {
  router.get('/metrics', async (ctx) => {
    ctx.set('content-type', CONTENT_TYPE);
    ctx.body = await print();
  });
}
