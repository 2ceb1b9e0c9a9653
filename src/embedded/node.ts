// Routes about the broker itself: the endpoint list, brokers, nodes. Field names: nanomq's rest_api.c
// (get_endpoints, get_brokers, get_nodes). Version and description are this broker's own, not NanoMQ's.

import type Router from '@koa/router';
import type { Aedes } from 'aedes';
import { answerData } from './answer.ts';
import type { Census } from './census.ts';
import { ENDPOINTS } from './endpoints.ts';

export interface NodeOptions {
  readonly broker: Aedes;
  readonly census: Census;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `GET /`, `GET /brokers`, `GET /nodes`. */
export function addNodeRoutes(router: Router, options: NodeOptions): void {
  const { census, now } = options;
  const startedAtMs = now();
  const version = aedesVersion(options.broker);
  const state = () => ({ node_status: 'Running', uptime: formatUptime(now() - startedAtMs), version });

  router.get('/', (ctx) => answerData(ctx, ENDPOINTS));
  router.get('/brokers', (ctx) => {
    const { node_status, ...rest } = state();
    const sysdescr = 'broker-guard embedded broker (Aedes)';
    answerData(ctx, [{ datetime: formatDateTime(now()), node_status, sysdescr, ...rest }]);
  });
  router.get('/nodes', (ctx) => answerData(ctx, [{ connections: census.connections, ...state() }]));
}

/** The getter is documented, but missing in Aedes' types. */
function aedesVersion(broker: Aedes): string {
  return 'version' in broker ? String(broker.version) : '';
}

/** `15 Hours, 1 minutes, 38 seconds`. */
function formatUptime(uptimeMs: number): string {
  const seconds = Math.floor(uptimeMs / 1000);
  return `${Math.floor(seconds / 3600)} Hours, ${Math.floor(seconds / 60) % 60} minutes, ${seconds % 60} seconds`;
}

/** `2022-06-07 10:02:24` in local time. */
function formatDateTime(timeMs: number): string {
  const date = new Date(timeMs);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':')}`;
}
