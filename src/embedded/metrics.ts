// The metrics and prometheus routes. Names and layout: nanomq's rest_api.c (get_metrics, compose_metrics).
// Memory and CPU are those of this whole process, guard included. A `_max` is the highest value asked for so far.

import { cpus } from 'node:os';
import type Router from '@koa/router';
import { answerJson } from './answer.ts';
import type { Census } from './census.ts';

export interface MetricsOptions {
  readonly census: Census;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Gauges {
  readonly connections_count: number;
  readonly sessions_count: number;
  readonly topics_count: number;
  readonly subscribers_count: number;
  readonly memory_usage: number;
  readonly cpu_usage: number;
}

type GaugeName = keyof Gauges;

const HELP: Partial<Record<GaugeName, string>> = { memory_usage: ' (b)', cpu_usage: ' (%)' };

/** `GET /metrics`, `GET /prometheus`. */
export function addMetricsRoutes(router: Router, options: MetricsOptions): void {
  const { census } = options;
  const readCpuPercent = cpuMeter(options.now);
  const highest = new Map<GaugeName, number>();

  router.get('/metrics', (ctx) => {
    const cpuinfo = `${readCpuPercent().toFixed(2)}%`;
    const memory = String(process.memoryUsage.rss());
    answerJson(ctx, 200, { metrics: [], cpuinfo, memory, connections: census.connections });
  });
  router.get('/prometheus', (ctx) => {
    const gauges = readGauges(census, readCpuPercent());
    raise(highest, gauges);
    ctx.set('Content-Type', 'text/plain');
    ctx.body = formatPrometheus(gauges, highest, census.messages);
  });
}

/** Percent of all processors this process used since the last question, as NanoMQ reckons it. */
function cpuMeter(now: () => number): () => number {
  let lastMs = now();
  let lastUsage = process.cpuUsage();
  return () => {
    const nowMs = now();
    const { user, system } = process.cpuUsage(lastUsage);
    const availableMicros = (nowMs - lastMs) * 1000 * cpus().length;
    lastMs = nowMs;
    lastUsage = process.cpuUsage();
    return availableMicros > 0 ? (100 * (user + system)) / availableMicros : 0;
  };
}

function readGauges(census: Census, cpuPercent: number): Gauges {
  const { sessions } = census;
  return {
    connections_count: census.connections,
    sessions_count: sessions.length,
    topics_count: new Set(sessions.flatMap(({ subscriptions }) => [...subscriptions.keys()])).size,
    subscribers_count: sessions.filter(({ subscriptions }) => subscriptions.size > 0).length,
    memory_usage: process.memoryUsage.rss(),
    cpu_usage: cpuPercent,
  };
}

function raise(highest: Map<GaugeName, number>, gauges: Gauges): void {
  for (const name of Object.keys(gauges) as GaugeName[]) {
    highest.set(name, Math.max(highest.get(name) ?? 0, gauges[name]));
  }
}

function formatPrometheus(
  gauges: Gauges,
  highest: ReadonlyMap<GaugeName, number>,
  messages: Census['messages'],
): string {
  const gauge = (name: GaugeName): string => {
    const help = HELP[name] ?? '';
    const text = (value: number): string => (name === 'cpu_usage' ? value.toFixed(2) : String(value));
    const maxName = name.endsWith('_count') ? name.replace('_count', '_max') : `${name}_max`;
    const value = metric('gauge', name, help, text(gauges[name]));
    return value + metric('gauge', maxName, help, text(highest.get(name) ?? gauges[name]));
  };
  return [
    gauge('connections_count'),
    gauge('sessions_count'),
    gauge('topics_count'),
    gauge('subscribers_count'),
    metric('counter', 'messages_received', '', String(messages.received)),
    metric('counter', 'messages_sent', '', String(messages.sent)),
    metric('counter', 'messages_dropped', '', String(messages.dropped)),
    gauge('memory_usage'),
    gauge('cpu_usage'),
  ].join('');
}

function metric(type: 'gauge' | 'counter', name: string, help: string, value: string): string {
  const fullName = `nanomq_${name}`;
  return `# TYPE ${fullName} ${type}\n# HELP ${fullName}${help}\n${fullName} ${value}\n`;
}
