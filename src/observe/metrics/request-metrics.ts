// What a serving process counts of its requests and of its connections to the broker. Told of every observation, and asked
// for its figures when somebody scrapes.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Observation, type Observer, outcomeOf } from '../observation.ts';
import { type Families, LAST_USED, readFamilies } from './families.ts';

/** The connections to the broker at this moment. */
export interface UpstreamLoad {
  readonly connections: number;
  /** Exchanges that wait for one, or for their turn at the broker. */
  readonly waiting: number;
}

export interface RequestMetrics {
  readonly observe: Observer;
  /** @param load of this moment */
  read(load: UpstreamLoad): Promise<Families>;
}

/** Seconds. A call that the guard answers itself takes parts of a millisecond, an upload may take a minute. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createRequestMetrics(): RequestMetrics {
  const registers = [new Registry()];
  const requests = new Counter({
    name: 'broker_guard_requests_total',
    help: 'Requests that are over, by action, outcome (allowed, denied, failed, aborted) and reason.',
    labelNames: ['action', 'outcome', 'reason'],
    registers,
  });
  const seconds = new Histogram({
    name: 'broker_guard_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    buckets: BUCKETS,
    registers,
  });
  const upstreamSeconds = new Histogram({
    name: 'broker_guard_upstream_seconds',
    help: 'Time from when a request was ready for the broker to the end of its answer, waiting in line included.',
    buckets: BUCKETS,
    registers,
  });
  const connections = new Gauge({
    name: 'broker_guard_upstream_connections',
    help: 'Open connections to the broker.',
    registers,
  });
  const waiting = new Gauge({
    name: 'broker_guard_upstream_waiting',
    help: 'Requests that wait in line for the broker.',
    registers,
  });
  const lastUsed = new LastUsed(registers);
  return {
    observe(seen) {
      requests.inc(labelsOf(seen));
      seconds.observe(seen.durationMs / 1000);
      if (seen.upstreamMs !== undefined) upstreamSeconds.observe(seen.upstreamMs / 1000);
      const principal = seen.principal ?? seen.denial?.principal;
      if (principal !== undefined) lastUsed.note(principal.issuer, seen.startedAtMs);
    },
    read(load) {
      connections.set(load.connections);
      waiting.set(load.waiting);
      return readFamilies(registers[0] as Registry);
    },
  };
}

/** Every value is a word of the guard's own: nothing that a caller writes becomes a label. */
function labelsOf(seen: Observation): Record<'action' | 'outcome' | 'reason', string> {
  const { action, denial, upstreamCode } = seen;
  const reason = denial?.reason ?? (upstreamCode ? 'broker_code' : '');
  return { action: action?.name ?? 'none', outcome: outcomeOf(seen), reason };
}

/** When each issuer was last somebody's who was known: Unix seconds. Holds only names that had a key at that time. */
class LastUsed {
  readonly #atMs = new Map<string, number>();

  constructor(registers: Registry[]) {
    const atMs = this.#atMs;
    new Gauge({
      name: LAST_USED,
      help: 'When a token of this issuer was last accepted.',
      labelNames: ['issuer'],
      // Of several processes the one that saw it last is right.
      aggregator: 'max',
      registers,
      collect() {
        for (const [issuer, ms] of atMs) this.set({ issuer }, ms / 1000);
      },
    });
  }

  note(issuer: string, atMs: number): void {
    this.#atMs.set(issuer, atMs);
  }
}
