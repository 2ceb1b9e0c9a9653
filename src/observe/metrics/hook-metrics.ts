// What is counted of brokers' questions about their clients, in the one process that answers them.
import { Counter, Registry } from 'prom-client';
import { type Observer, outcomeOf } from '../observation.ts';
import { type Families, readFamilies } from './families.ts';

export interface HookMetrics {
  readonly observe: Observer;
  read(): Promise<Families>;
}

export function createHookMetrics(): HookMetrics {
  const registry = new Registry();
  const requests = new Counter({
    name: 'broker_guard_hook_requests_total',
    help: 'Answers to brokers about their clients, by hook and outcome.',
    labelNames: ['hook', 'outcome'],
    registers: [registry],
  });
  return {
    observe(seen) {
      // Ending a connection is the guard's own doing.
      if (seen.hook !== undefined && seen.action?.name !== 'disconnect')
        requests.inc({ hook: seen.hook, outcome: outcomeOf(seen) });
    },
    read: () => readFamilies(registry),
  };
}
