// What every process of the guard has of its own: memory, processor time, descriptors, records that it could not write. The
// names of the first are those that Prometheus' own client libraries use.
import { readdirSync } from 'node:fs';
import { Counter, Gauge, Registry } from 'prom-client';
import { type Families, readFamilies } from './families.ts';

/** @param recordsLost by this process so far */
export function createProcessMetrics(recordsLost: () => number): () => Promise<Families> {
  const registry = new Registry();
  const registers = [registry];
  new Counter({
    name: 'broker_guard_audit_records_lost_total',
    help: 'Audit records that could not be written.',
    registers,
    collect() {
      put(this, recordsLost());
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, of the user and of the system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      put(this, (user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors; absent where the system does not list them.',
    registers,
    collect() {
      const count = countDescriptors();
      if (count !== undefined) this.set(count);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process was started.',
    aggregator: 'min',
    registers,
  }).set(Math.round(performance.timeOrigin / 1000));
  return () => readFamilies(registry);
}

/** A count that is kept elsewhere. */
function put(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}

function countDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
